import assert from 'node:assert/strict';
import { describe, it } from 'node:test';

import { Colloquy } from '../../src/client.ts';
import { listModels } from '../../src/operations/list-models.ts';
import { json, listen, onlyRequest } from '../listen.ts';

const MODELS = [
  { id: 'eliza', object: 'model', created: 1, owned_by: 'weizenbaum' },
  { id: 'org/small:1', object: 'model', created: 2, owned_by: 'org' },
];

describe('listModels', () => {
  it('gives the models in one page, which has no cursor', async (t) => {
    const server = await listen(t, json({ object: 'list', data: MODELS }));
    const page = await listModels({ baseURL: server.baseURL, apiKey: null });
    assert.deepEqual(page.data, MODELS);
    assert.equal(page.hasNextPage(), false);
    const { method, url } = onlyRequest(server);
    assert.deepEqual([method, url], ['GET', '/v1/models']);
  });

  it('can be iterated, as client.models.list() too', async (t) => {
    const { baseURL } = await listen(t, json({ object: 'list', data: MODELS }));
    const client = new Colloquy({ baseURL, apiKey: null });
    assert.deepEqual(await Array.fromAsync(client.models.list()), MODELS);
  });
});
