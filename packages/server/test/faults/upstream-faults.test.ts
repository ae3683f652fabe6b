// Upstreams that fail on the wire: what the caller sees, what is kept, and that nothing of it reaches the next caller.

import assert from 'node:assert/strict';
import { describe, it } from 'node:test';

import OpenAI from 'openai';

import { send, startServer, upstreamAt, type TestServer } from '../start-server.ts';
import { completion } from '../start-upstream.ts';
import { FAULTS, type Fault, type Sees } from './faults.ts';
import { listKept } from './list-kept.ts';
import { END, JSON_HEAD, piece, startRawUpstream } from './raw-upstream.ts';

const ASK = { model: 'small', messages: [{ role: 'user', content: 'Hi' }] };

async function assertSees(sees: Sees, asking: ReturnType<typeof send>): Promise<void> {
  if (sees === 'reset') {
    await assert.rejects(asking, TypeError);
    return;
  }
  const { status, headers, text, json } = await asking;
  if ('passes' in sees) {
    assert.deepEqual([status, text.replaceAll(/chatcmpl-\w{29}/g, 'chatcmpl-123')], [200, sees.passes]);
  } else if ('events' in sees) {
    assert.equal(status, 200);
    const blocks = text.split(/\n{2,}/).filter(Boolean);
    const last = JSON.parse(blocks.pop()?.slice('data: '.length) ?? '') as { error: { code: string } };
    assert.deepEqual(Object.keys(last.error), ['message', 'type', 'param', 'code']);
    assert.equal(last.error.code, sees.code);
    const seen = blocks.map((block) => `${block}\n\n`.replaceAll(/chatcmpl-\w{29}/g, 'chatcmpl-123'));
    assert.deepEqual(seen, sees.events);
  } else {
    assert.deepEqual([status, json.error.code], [sees.status, sees.code], text);
    assert.deepEqual(Object.keys(json.error), ['message', 'type', 'param', 'code']);
    assert.equal(headers.get('retry-after') ?? undefined, sees.retryAfter);
  }
}

async function assertKept(server: TestServer, { keeps, text = '' }: Fault): Promise<void> {
  const [kept, ...others] = await listKept(server);
  assert.deepEqual([kept?.status, kept?.text, others], [keeps, text, []]);
  assert.equal(kept?.error === undefined, keeps === 'completed');
}

for (const isKept of [false, true]) {
  // Several at once, since some of them wait for a limit.
  describe(`An upstream that fails, ${isKept ? 'kept' : 'not kept'}:`, { concurrency: 4 }, () => {
    for (const [name, fault] of Object.entries(FAULTS)) {
      it(name, async (t) => {
        const upstream = await startRawUpstream(t, async (socket) => {
          if (upstream.requests.length === 1) await fault.play(socket);
          else
            for (const bytes of [JSON_HEAD, piece(JSON.stringify(completion('next'))), END])
              socket.write(bytes);
        });
        const server = await startServer(t, { upstreams: [upstreamAt(upstream.baseURL, fault.limits)] });
        const url = `${server.baseURL}/chat/completions`;
        const asking = send(url, { body: { ...ASK, stream: fault.stream, store: isKept } });
        await assertSees((isKept && fault.seesIfKept) || fault.sees, asking);
        await server.context.gateway.settled();
        if (isKept) await assertKept(server, fault);
        else assert.deepEqual(await listKept(server), []);

        const next = await send(url, { body: ASK });
        assert.equal(next.json?.choices[0].message.content, 'next', next.text);
        // What cannot be used again is not kept open.
        await upstream.allClosed(upstream.requests.at(-1));
      });
    }
  });
}

describe('The official SDK', () => {
  for (const store of [false, true]) {
    it(`reads why a stream broke off within an event (store: ${store})`, async (t) => {
      const fault = FAULTS['a stream that is reset within an event'];
      const upstream = await startRawUpstream(t, (socket) => fault?.play(socket));
      const { baseURL } = await startServer(t, { upstreams: [upstreamAt(upstream.baseURL)] });
      const client = new OpenAI({ baseURL, apiKey: 'any', maxRetries: 0 });
      const stream = await client.chat.completions.create({
        model: 'small',
        messages: [{ role: 'user', content: 'Hi' }],
        stream: true,
        store,
      });
      const read: unknown[] = [];
      await assert.rejects(
        async () => {
          for await (const { choices } of stream) read.push(choices[0]?.delta.content);
        },
        { name: 'Error', code: 'upstream_unreachable' },
      );
      assert.deepEqual(read, ['Grü']);
    });
  }
});
