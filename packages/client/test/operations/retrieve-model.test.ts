import assert from 'node:assert/strict';
import { describe, it } from 'node:test';

import { Colloquy } from '../../src/client.ts';
import { NotFoundError } from '../../src/errors.ts';
import { retrieveModel } from '../../src/operations/retrieve-model.ts';
import { json, listen, onlyRequest } from '../listen.ts';

const MODEL = { id: 'org/small:1', object: 'model', created: 2, owned_by: 'org' };

describe('retrieveModel', () => {
  it('gets a model by its name, a slash in it kept inside its segment', async (t) => {
    const server = await listen(t, json(MODEL));
    const client = new Colloquy({ baseURL: server.baseURL, apiKey: null });
    assert.deepEqual(await client.models.retrieve('org/small:1'), MODEL);
    assert.equal(onlyRequest(server).url, '/v1/models/org%2Fsmall:1');
  });

  it('throws NotFoundError for a model that is not offered', async (t) => {
    const { baseURL } = await listen(t, json({ error: { message: 'Not found.' } }, 404));
    await assert.rejects(retrieveModel({ baseURL, apiKey: null }, 'gpt-9'), NotFoundError);
  });

  it('refuses an empty name, which would list them all', () => {
    assert.throws(() => retrieveModel({ apiKey: null }, ''), /""/);
  });
});
