// Answers of tens of megabytes: those that are kept have a bound. Not among the tests that run with every change, since
// they take long: `npm run test:faults`.

import assert from 'node:assert/strict';
import { describe, it } from 'node:test';

import { send } from '../start-server.ts';
import { chunk, event } from '../start-upstream.ts';
import { listKept } from './list-kept.ts';
import { openPath } from './open-path.ts';
import { head, sendOn, type Play } from './raw-upstream.ts';

const ASK = { model: 'small', messages: [{ role: 'user', content: 'Hi' }] };
const MEGABYTE = Buffer.alloc(1_048_576, 'x');
const COMMENT = `: ${'x'.repeat(65_530)}\n\n`;
const STREAM = head(200, { 'content-type': 'text/event-stream', connection: 'close' });

/** An answer of so many megabytes, plain or in one chunk. */
function sendsMegabytes(count: number): Play {
  return async (socket, request) => {
    const isStream = request.includes('"stream":true');
    const kind = isStream ? 'delta' : 'message';
    await sendOn(socket, isStream ? `${STREAM}data: ` : head(200, { connection: 'close' }));
    await sendOn(
      socket,
      `{"id":"1","object":"chat.completion","created":1,"model":"m","choices":[{"index":0,"${kind}":{"role":"assistant","content":"`,
    );
    for (let sent = 0; sent < count; sent += 1) await sendOn(socket, MEGABYTE);
    socket.end(`"},"finish_reason":"stop"}]}${isStream ? `\n\n${event('[DONE]')}` : ''}`);
  };
}

describe('An answer of 70 MB', () => {
  it('passes, if it is not to be kept', async (t) => {
    const { url } = await openPath(t, sendsMegabytes(70));
    assert.ok((await send(url, { body: ASK })).text.length > 70 * MEGABYTE.length);
  });

  for (const stream of [false, true]) {
    it(`is not kept, and its upstream is let go (stream: ${stream})`, async (t) => {
      const { url, server, upstream } = await openPath(t, sendsMegabytes(70));
      const { status, text } = await send(url, { body: { ...ASK, store: true, stream } });
      assert.equal(status, stream ? 200 : 502);
      assert.match(text, /"message":"[^"]*larger than 67108864 bytes"/);
      assert.ok(text.length < 1000);
      await upstream.allClosed();
      await server.context.gateway.settled();
      assert.deepEqual(
        (await listKept(server)).map((kept) => kept.status),
        [stream ? 'interrupted' : 'failed'],
      );
    });
  }
});

describe('A chunk of 50 MB', () => {
  for (const store of [false, true]) {
    it(`arrives whole (store: ${store})`, async (t) => {
      const { url, server } = await openPath(t, sendsMegabytes(50));
      const { text } = await send(url, { body: { ...ASK, stream: true, store } });
      assert.ok(text.length > 50 * MEGABYTE.length && text.endsWith(event('[DONE]')));
      const kept = await listKept(server);
      assert.deepEqual(
        kept.map((record) => record.text.length),
        store ? [50 * MEGABYTE.length] : [],
      );
    });
  }
});

describe('Comments without end', () => {
  const play: Play = async (socket) => {
    await sendOn(socket, STREAM + chunk({ content: 'Hi' }));
    while (!socket.destroyed) await sendOn(socket, COMMENT);
  };

  it('end the answer that they are in, if it is to be kept', async (t) => {
    const { url, upstream, server } = await openPath(t, play);
    const { text } = await send(url, { body: { ...ASK, stream: true, store: true } });
    assert.match(text.slice(-500), /larger than 67108864 bytes/);
    await upstream.allClosed();
    assert.deepEqual(
      (await listKept(server)).map((kept) => [kept.status, kept.text]),
      [['interrupted', 'Hi']],
    );
  });
});
