import assert from 'node:assert/strict';
import { describe, it } from 'node:test';

import OpenAI from 'openai';

import { send, startServer, upstreamAt } from '../start-server.ts';
import { startUpstream } from '../start-upstream.ts';

const NAME = 'ft:org/llama:7b';

describe('retrieveModel', () => {
  it('finds a model whose name holds slashes and colons, encoded or not', async (t) => {
    const upstream = await startUpstream(t, (response) =>
      response.end(JSON.stringify({ data: [{ id: NAME, object: 'model', created: 1, owned_by: 'x' }] })),
    );
    const { baseURL } = await startServer(t, { upstreams: [upstreamAt(upstream.baseURL)] });
    for (const name of [NAME, encodeURIComponent(NAME)]) {
      assert.equal((await send(`${baseURL}/models/${name}`)).json.id, NAME);
    }
    assert.equal((await new OpenAI({ baseURL, apiKey: 'any' }).models.retrieve(NAME)).id, NAME);
  });

  it('answers 404 for a model that nobody serves', async (t) => {
    const { baseURL } = await startServer(t);
    const { status, json } = await send(`${baseURL}/models/gpt-5`);
    assert.deepEqual([status, json.error.code, json.error.param], [404, 'model_not_found', 'model']);
  });
});
