import assert from 'node:assert/strict';
import { describe, it } from 'node:test';

import { send, startServer, upstreamAt } from '../start-server.ts';
import { startUpstream, type Answer } from '../start-upstream.ts';

function offer(...ids: string[]): Answer {
  return (response) =>
    response.end(
      JSON.stringify({
        object: 'list',
        data: ids.map((id) => ({ id, object: 'model', created: 1, owned_by: 'x' })),
      }),
    );
}

async function listIds(baseURL: string): Promise<string[]> {
  return (await send(`${baseURL}/models`)).json.data.map(({ id }: { id: string }) => id);
}

describe('listModels', () => {
  it('names the demo for what it is', async (t) => {
    const { baseURL } = await startServer(t);
    const { json } = await send(`${baseURL}/models`);
    assert.deepEqual(Object.keys(json), ['object', 'data']);
    assert.equal(json.data[0].id, 'eliza');
    assert.match(json.data[0].owned_by, /not a language model/);
  });

  it('joins the lists of the upstreams, each model where its requests would go', async (t) => {
    const first = await startUpstream(t, offer('gpt-5', 'whisper', 'shared'));
    const second = await startUpstream(t, offer('llama3', 'gpt-5', 'shared'));
    const { baseURL } = await startServer(t, {
      upstreams: [
        upstreamAt(first.baseURL, { name: 'first', models: ['gpt-*', 'shared'], keyEnv: 'K', apiKey: 'k' }),
        upstreamAt(second.baseURL, { name: 'second', models: ['*'] }),
      ],
    });
    assert.deepEqual(await listIds(baseURL), ['gpt-5', 'shared', 'llama3']);
    assert.equal(first.requests[0]?.headers.authorization, 'Bearer k');
  });

  it('answers 502 when no upstream says', async (t) => {
    const upstream = await startUpstream(t, (response) => response.destroy());
    const { baseURL } = await startServer(t, { upstreams: [upstreamAt(upstream.baseURL)] });
    const { status, json } = await send(`${baseURL}/models`);
    assert.deepEqual([status, json.error.code], [502, 'upstream_unreachable']);
  });

  it('leaves out an upstream that does not answer as it should', async (t) => {
    const good = await startUpstream(t, offer('a'));
    const answers: Answer[] = [
      (response) => response.destroy(),
      (response) => response.writeHead(401).end('{}'),
      (response) => response.end('<p>'),
      (response) => response.end('{"data":"none"}'),
      (response) => response.end('{"data":[null,1,{},{"id":7}]}'),
    ];
    const bad = await Promise.all(answers.map((answer) => startUpstream(t, answer)));
    const { baseURL } = await startServer(t, {
      upstreams: [...bad, good].map((upstream, index) =>
        upstreamAt(upstream.baseURL, { name: String(index) }),
      ),
    });
    assert.deepEqual(await listIds(baseURL), ['a']);
  });
});
