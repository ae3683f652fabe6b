// How a server ends, and what no route sees.

import assert from 'node:assert/strict';
import { once } from 'node:events';
import { connect, type Socket } from 'node:net';
import { describe, it } from 'node:test';
import { setImmediate } from 'node:timers/promises';

import { startServer, upstreamAt } from './start-server.ts';
import { chunk, startStream, startUpstream } from './start-upstream.ts';

const BODY = JSON.stringify({ model: 'small', stream: true, messages: [{ role: 'user', content: 'Hi' }] });
const HEAD = `host: localhost\r\ncontent-type: application/json\r\ncontent-length: ${BODY.length}\r\n\r\n`;

async function open(url: string, text: string): Promise<Socket> {
  const socket = connect(Number(new URL(url).port), '127.0.0.1');
  // A reset is what some of these tests wait for.
  socket.on('error', () => undefined);
  await once(socket, 'connect');
  socket.write(text);
  return socket;
}

describe('A server that is closed', () => {
  for (const [name, text] of Object.entries({
    'half of a head': 'POST /v1/chat/completions HTTP/1.1\r\nhost: loc',
    'half of a body': `POST /v1/chat/completions HTTP/1.1\r\n${HEAD}{`,
    'nothing at all': '',
  })) {
    it(`does not wait for a caller who sent ${name}`, async (t) => {
      const { url, app } = await startServer(t, {}, { drainMs: 50 });
      const accepted = once(app.server, 'connection') as Promise<[Socket]>;
      const socket = await open(url, text);
      const [arriving] = await accepted;
      while (arriving.bytesRead < text.length) await setImmediate();
      const closed = new Promise((resolve) => socket.once('close', resolve));
      await app.close();
      await closed;
    });
  }

  it('does not wait for a caller who does not read', async (t) => {
    const full = Promise.withResolvers<void>();
    const upstream = await startUpstream(t, async (response) => {
      startStream(response);
      while (response.write(chunk({ content: 'x'.repeat(100_000) })));
      full.resolve();
      response.on('drain', () => {
        while (response.write(chunk({ content: 'x'.repeat(100_000) })));
      });
    });
    const config = { upstreams: [upstreamAt(upstream.baseURL)] };
    const { url, app } = await startServer(t, config, { drainMs: 50 });
    const socket = await open(url, `POST /v1/chat/completions HTTP/1.1\r\n${HEAD}${BODY}`);
    socket.pause();
    await full.promise;
    await app.close();
    socket.destroy();
  });

  it('is not held by an upstream whose answer nobody wanted', async (t) => {
    const upstream = await startUpstream(t, (response) => {
      response.writeHead(302, { location: 'http://elsewhere.example/' });
      response.write('without end');
    });
    const { url, app } = await startServer(t, { upstreams: [upstreamAt(upstream.baseURL)] });
    const socket = await open(url, `POST /v1/chat/completions HTTP/1.1\r\n${HEAD}${BODY}`);
    assert.match(String(await once(socket, 'data')), /502/);
    await app.close();
  });
});

describe('A connection', () => {
  it('is reset where the end of an answer could be taken for its whole', async (t) => {
    const upstream = await startUpstream(t, (response) => {
      response.writeHead(200, { 'content-type': 'application/json' });
      response.write('{"id":');
      void setImmediate().then(() => response.destroy());
    });
    const { url } = await startServer(t, { upstreams: [upstreamAt(upstream.baseURL)] });
    const socket = await open(url, `POST /v1/chat/completions HTTP/1.0\r\n${HEAD}${BODY}`);
    socket.resume();
    const [error] = (await once(socket, 'error')) as [NodeJS.ErrnoException];
    assert.equal(error.code, 'ECONNRESET');
  });

  it('gets no second answer into the middle of the first', async (t) => {
    const upstream = await startUpstream(t, (response) => {
      startStream(response);
      response.write(chunk({ content: 'Hi' }));
    });
    const { url } = await startServer(t, { upstreams: [upstreamAt(upstream.baseURL)] });
    const socket = await open(url, `POST /v1/chat/completions HTTP/1.1\r\n${HEAD}${BODY}`);
    const pieces: string[] = [];
    socket.on('data', (bytes) => pieces.push(String(bytes)));
    await once(socket, 'data');
    socket.write('NONSENSE\r\n\r\n');
    await once(socket, 'close');
    assert.equal(pieces.join('').match(/HTTP\/1\.1/g)?.length, 1);
  });
});
