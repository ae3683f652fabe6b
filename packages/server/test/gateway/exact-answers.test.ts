// `--replay`: what was asked before is answered from the store.

import assert from 'node:assert/strict';
import { describe, it, type TestContext } from 'node:test';

import type { ReplayPolicy } from '../../src/config/config.ts';
import { makeFolder } from '../make-folder.ts';
import { send, startServer, upstreamAt, type TestServer } from '../start-server.ts';
import {
  chunk,
  completion,
  event,
  startStream,
  startUpstream,
  type TestUpstream,
} from '../start-upstream.ts';

const ASK = { model: 'small', temperature: 0, messages: [{ role: 'user' as const, content: 'Hi' }] };
const KEEP = { ...ASK, store: true };
const DONE = event('[DONE]');

interface Place {
  readonly upstream: TestUpstream;
  /** A server on the store of the place, closed before the next one. */
  readonly serve: (replay: ReplayPolicy) => Promise<TestServer>;
}

/** An upstream that answers each request with another text, and a store. */
async function makePlace(t: TestContext): Promise<Place> {
  const dataDir = await makeFolder(t);
  const upstream = await startUpstream(t, (response, { text }) => {
    const content = `answer ${upstream.requests.length}`;
    if ((JSON.parse(text) as { stream?: boolean }).stream) {
      startStream(response);
      response.end(chunk({ role: 'assistant', content: '' }) + chunk({ content }, 'stop') + DONE);
    } else {
      response.setHeader('content-type', 'application/json');
      response.end(JSON.stringify(completion(content)));
    }
  });
  let last: TestServer | undefined;
  const serve = async (replay: ReplayPolicy): Promise<TestServer> => {
    await last?.app.close();
    last = await startServer(t, { dataDir, replay, upstreams: [upstreamAt(upstream.baseURL)] });
    return last;
  };
  return { upstream, serve };
}

const create = ({ baseURL }: TestServer, body: object): ReturnType<typeof send> =>
  send(`${baseURL}/chat/completions`, { body });

function isHit({ headers }: Awaited<ReturnType<typeof send>>): boolean {
  return headers.get('x-colloquy-replay') === 'hit';
}

describe('--replay prefer', () => {
  it('answers what was asked before with what is kept, and asks for the rest', async (t) => {
    const { upstream, serve } = await makePlace(t);
    const server = await serve('prefer');
    const first = await create(server, KEEP);
    assert.equal(isHit(first), false);
    const again = await create(server, { messages: ASK.messages, temperature: 0, model: 'small' });
    assert.equal(isHit(again), true);
    assert.equal(again.text, first.text);
    assert.equal(isHit(await create(server, { ...ASK, temperature: 1 })), false);
    assert.equal(upstream.requests.length, 2);
  });

  it('does not know what was not kept', async (t) => {
    const { upstream, serve } = await makePlace(t);
    const server = await serve('prefer');
    await create(server, ASK);
    assert.equal(isHit(await create(server, ASK)), false);
    assert.equal(upstream.requests.length, 2);
  });

  for (const [first, again] of [
    [false, true],
    [true, false],
    [true, true],
  ]) {
    it(`answers ${again ? 'as a stream' : 'plainly'} what was asked ${first ? 'as a stream' : 'plainly'}`, async (t) => {
      const { serve } = await makePlace(t);
      const server = await serve('prefer');
      await create(server, { ...KEEP, stream: first });
      const answer = await create(server, { ...ASK, stream: again });
      assert.equal(isHit(answer), true);
      if (again) assert.match(answer.text, /"content":"answer 1"[^]*data: \[DONE\]\n\n$/);
      else assert.equal(answer.json.choices[0].message.content, 'answer 1');
    });
  }

  it('asks again once the completion is deleted', async (t) => {
    const { serve } = await makePlace(t);
    const server = await serve('prefer');
    const { json } = await create(server, KEEP);
    await send(`${server.baseURL}/chat/completions/${json.id}`, { method: 'DELETE' });
    assert.equal(isHit(await create(server, KEEP)), false);
    const last = await create(server, KEEP);
    assert.equal(isHit(last), true);
    assert.equal(last.json.choices[0].message.content, 'answer 2');
  });

  it('reads large requests as well, and refuses those that cannot be read', async (t) => {
    const { serve } = await makePlace(t);
    const server = await serve('prefer');
    const large = { ...KEEP, messages: [{ role: 'user', content: 'Hi '.repeat(10_000) }] };
    await create(server, large);
    assert.equal(isHit(await create(server, large)), true);
    const text = JSON.stringify(large).replace('Hi ', 'Hi \u0001');
    const refused = await send(`${server.baseURL}/chat/completions`, {
      text,
      headers: { 'content-type': 'application/json' },
    });
    assert.equal(refused.status, 400);
  });
});

describe('--replay only', () => {
  it('answers from the store, and never asks an upstream', async (t) => {
    const { upstream, serve } = await makePlace(t);
    const kept = await create(await serve('prefer'), KEEP);
    const server = await serve('only');
    const again = await create(server, ASK);
    assert.equal(isHit(again), true);
    assert.equal(again.text, kept.text);
    const other = await create(server, { ...KEEP, model: 'another' });
    assert.equal(other.status, 404);
    assert.equal(other.json.error.code, 'replay_not_found');
    await send(`${server.baseURL}/models`);
    assert.equal(upstream.requests.length, 1);
  });
});

describe('--replay off', () => {
  it('answers nothing from the store', async (t) => {
    const { upstream, serve } = await makePlace(t);
    await create(await serve('prefer'), KEEP);
    const server = await serve('off');
    assert.equal(isHit(await create(server, KEEP)), false);
    assert.equal(upstream.requests.length, 2);
  });
});
