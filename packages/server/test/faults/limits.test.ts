// Too much, too large, too slow: none of it takes more than its share.

import assert from 'node:assert/strict';
import { subscribe, unsubscribe } from 'node:diagnostics_channel';
import { connect, type Socket } from 'node:net';
import { describe, it } from 'node:test';
import { setTimeout } from 'node:timers/promises';

import type { AppOptions } from '../../src/app.ts';
import { post, send, startServer, upstreamAt } from '../start-server.ts';
import { chunk, event } from '../start-upstream.ts';
import { openPath } from './open-path.ts';
import { head, piece, sendOn, startRawUpstream, STREAM_HEAD, type Play } from './raw-upstream.ts';

const ASK = { model: 'small', messages: [{ role: 'user', content: 'Hi' }] };
const COMMENT = `: ${'x'.repeat(65_530)}\n\n`;
const STREAM = head(200, { 'content-type': 'text/event-stream', connection: 'close' });

describe('Comments without end', () => {
  const play: Play = async (socket) => {
    await sendOn(socket, STREAM + chunk({ content: 'Hi' }));
    while (!socket.destroyed) await sendOn(socket, COMMENT);
  };

  it('end when their caller leaves', async (t) => {
    const { url, upstream } = await openPath(t, play);
    const abort = new AbortController();
    const response = await post(url, { ...ASK, stream: true }, abort.signal);
    await response.body?.getReader().read();
    abort.abort();
    await upstream.allClosed();
  });
});

describe('A caller who does not read', () => {
  for (const size of [1, 4000, 60_000]) {
    it(`has at most 256 KiB waiting for it, in chunks of ${size} bytes`, async (t) => {
      const bytes = piece(chunk({ content: 'x'.repeat(size) }));
      const { server } = await openPath(t, async (socket) => {
        socket.write(STREAM_HEAD);
        while (!socket.destroyed) await sendOn(socket, bytes);
      });
      const upstreams: Socket[] = [];
      const notice = (message: unknown): void => {
        upstreams.push((message as { socket: Socket }).socket);
      };
      subscribe('undici:client:connected', notice);
      t.after(() => unsubscribe('undici:client:connected', notice));
      const callers: Socket[] = [];
      server.app.server.on('connection', (socket) => callers.push(socket));

      const socket = connect(Number(new URL(server.url).port), '127.0.0.1').pause();
      const json = JSON.stringify({ ...ASK, stream: true });
      socket.write(
        `POST /v1/chat/completions HTTP/1.1\r\nhost: localhost\r\ncontent-type: application/json\r\ncontent-length: ${json.length}\r\n\r\n${json}`,
      );
      // Both sides are full: from then on, nothing is read any more.
      const [caller, upstream] = await untilFull(callers, upstreams);
      const waiting = caller.writableLength + upstream.readableLength;
      socket.destroy();
      assert.ok(waiting <= 262_144, `${waiting} bytes`);
    });
  }
});

async function untilFull(callers: Socket[], upstreams: Socket[]): Promise<[Socket, Socket]> {
  for (;;) {
    const [caller, upstream] = [callers[0], upstreams[0]];
    if (caller?.writableNeedDrain && upstream && upstream.readableLength >= upstream.readableHighWaterMark)
      return [caller, upstream];
    await setTimeout(5);
  }
}

describe('A request that takes too long to arrive', () => {
  const options: AppOptions = { headersTimeoutMs: 40, requestTimeoutMs: 120 };
  const HEAD =
    'POST /v1/chat/completions HTTP/1.1\r\nhost: localhost\r\ncontent-type: application/json\r\ncontent-length: 5000\r\n';

  for (const [name, beginning] of Object.entries({
    'nothing of it': '',
    'half of its head': HEAD.slice(0, 40),
    'headers without end': HEAD,
    'a body without end': `${HEAD}\r\n{"model":`,
  })) {
    it(`is refused: ${name}`, async (t) => {
      const { url } = await startServer(t, {}, options);
      const socket = connect(Number(new URL(url).port), '127.0.0.1');
      socket.on('error', () => undefined);
      if (beginning !== '') socket.write(beginning);
      // A byte now and then does not help.
      const timer = beginning === '' ? undefined : setInterval(() => socket.write('x'), 10);
      const text = Buffer.concat(await Array.fromAsync<Buffer>(socket)).toString();
      clearInterval(timer);
      assert.match(text, /^HTTP\/1\.1 408 [^]*"error":\{[^{}]*\}\}$/);
    });
  }

  it('does not cut an answer that takes longer', async (t) => {
    const upstream = await startRawUpstream(t, async (socket) => {
      socket.write(STREAM_HEAD + piece(chunk({ content: 'Hi' })).toString());
      await setTimeout(300);
      socket.write(`${piece(event('[DONE]')).toString()}0\r\n\r\n`);
    });
    const { baseURL } = await startServer(t, { upstreams: [upstreamAt(upstream.baseURL)] }, options);
    const { text } = await send(`${baseURL}/chat/completions`, { body: { ...ASK, stream: true } });
    assert.ok(text.endsWith(event('[DONE]')));
  });
});
