import assert from 'node:assert/strict';
import { getEventListeners, once } from 'node:events';
import type { ServerResponse } from 'node:http';
import { createServer, type AddressInfo } from 'node:net';
import { describe, it, type TestContext } from 'node:test';

import { nodeFetch } from '../../src/node/index.ts';
import { json, listen } from '../listen.ts';
import { TRANSPORTS } from './transports.ts';

/** Answers with a head and the beginning of a body; resolves with what would write the rest. */
async function listenHalfWay(
  t: TestContext,
  headers: Record<string, string> = {},
): Promise<{ baseURL: string; answered: Promise<ServerResponse> }> {
  const { promise, resolve } = Promise.withResolvers<ServerResponse>();
  const { baseURL } = await listen(t, (response) => {
    response.writeHead(200, headers).write('beginning', () => resolve(response));
  });
  return { baseURL, answered: promise };
}

for (const { name, send } of TRANSPORTS) {
  describe(`the signal of ${name}`, { timeout: 20_000 }, () => {
    const mine = new Error('mine');

    it('keeps the request back if it has fired', async (t) => {
      const server = await listen(t, json({}));
      const signal = AbortSignal.abort(mine);
      await assert.rejects(send(server.baseURL, { signal }), mine);
      await assert.rejects(send(server.baseURL, { signal: AbortSignal.abort() }), { name: 'AbortError' });
      await assert.rejects(send(new Request(server.baseURL, { signal })), mine);
      assert.deepEqual(server.requests, []);
    });

    it('ends the request before there is a connection', async () => {
      const controller = new AbortController();
      // Port 1 of a network that is set aside for documentation: nobody answers, and nobody says so.
      const response = send('http://192.0.2.1:1/', { signal: controller.signal });
      controller.abort(mine);
      await assert.rejects(response, mine);
    });

    it('ends the wait for the head', async (t) => {
      const controller = new AbortController();
      const { promise, resolve } = Promise.withResolvers<ServerResponse>();
      const { baseURL } = await listen(t, resolve);
      const response = send(baseURL, { signal: controller.signal });
      const closed = once(await promise, 'close');
      controller.abort(mine);
      await assert.rejects(response, mine);
      await closed;
    });

    it('ends the sending of a body', async (t) => {
      const controller = new AbortController();
      // Takes the beginning of what is sent, and no more.
      const server = createServer((socket) => {
        socket.once('data', () => {
          socket.pause();
          controller.abort(mine);
        });
        t.after(() => socket.destroy());
      });
      t.after(() => server.close());
      await once(server.listen(0, '127.0.0.1'), 'listening');
      const { port } = server.address() as AddressInfo;
      const init = { method: 'POST', body: 'x'.repeat(50_000_000), signal: controller.signal };
      await assert.rejects(send(`http://127.0.0.1:${port}/`, init), mine);
    });

    for (const [way, headers] of Object.entries({
      'a body': {},
      'a body of a known length': { 'content-length': '100' },
    })) {
      it(`ends the reading of ${way}`, async (t) => {
        const controller = new AbortController();
        const { baseURL, answered } = await listenHalfWay(t, headers);
        const text = (await send(baseURL, { signal: controller.signal })).text();
        const closed = once(await answered, 'close');
        controller.abort(mine);
        await assert.rejects(text, mine);
        await closed;
      });
    }

    it('ends a stream, in the middle of a read and after it', async (t) => {
      const controller = new AbortController();
      const { baseURL, answered } = await listenHalfWay(t);
      const reader = (await send(baseURL, { signal: controller.signal })).body?.getReader();
      assert.equal(Buffer.from((await reader?.read())?.value ?? []).toString(), 'beginning');
      const closed = once(await answered, 'close');
      const next = reader?.read();
      controller.abort(mine);
      await assert.rejects(async () => next, mine);
      await assert.rejects(async () => reader?.read(), mine);
      await closed;
    });

    it('ends an answer that nobody has begun to read', async (t) => {
      const controller = new AbortController();
      const { baseURL, answered } = await listenHalfWay(t);
      const response = await send(baseURL, { signal: controller.signal });
      const closed = once(await answered, 'close');
      controller.abort(mine);
      await closed;
      await assert.rejects(response.text(), mine);
    });

    it('may have any reason', async (t) => {
      for (const reason of ['text', 7]) {
        const controller = new AbortController();
        const { baseURL } = await listenHalfWay(t);
        const text = (await send(baseURL, { signal: controller.signal })).text();
        controller.abort(reason);
        assert.deepEqual(await Promise.allSettled([text]), [{ status: 'rejected', reason }]);
      }
    });

    it('does nothing once the answer was read', async (t) => {
      const controller = new AbortController();
      const { baseURL } = await listen(t, json({ a: 1 }));
      const response = await send(baseURL, { signal: controller.signal });
      assert.equal(await response.text(), '{"a":1}');
      controller.abort();
      assert.equal(response.status, 200);
    });
  });
}

describe('nodeFetch', () => {
  it('takes any reason for one, where fetch has its own instead of null', async (t) => {
    const controller = new AbortController();
    const { baseURL } = await listenHalfWay(t);
    const text = (await nodeFetch(baseURL, { signal: controller.signal })).text();
    controller.abort(null);
    assert.deepEqual(await Promise.allSettled([text]), [{ status: 'rejected', reason: null }]);
  });

  it('leaves no listener on a signal, whatever became of the request', { timeout: 20_000 }, async (t) => {
    const { signal } = new AbortController();
    const { baseURL } = await listen(t, (response, { url }) => {
      if (url.endsWith('/empty')) response.writeHead(204).end();
      else if (url.endsWith('/on')) response.writeHead(302, { location: '/v1/x' }).end();
      else if (url.endsWith('/none')) response.destroy();
      else if (url.endsWith('/half')) response.writeHead(200).write('half', () => response.destroy());
      else response.end('whole');
    });
    const call = (path: string) => nodeFetch(`${baseURL}/${path}`, { signal });
    await call('empty');
    await (await call('on')).text();
    await (await call('x')).arrayBuffer();
    await (await call('x')).body?.cancel();
    await assert.rejects(call('none'));
    await assert.rejects(async () => (await call('half')).text());
    assert.deepEqual(getEventListeners(signal, 'abort'), []);
  });
});
