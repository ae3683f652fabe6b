import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { subscribe, unsubscribe } from 'node:diagnostics_channel';
import { once } from 'node:events';
import type { ServerResponse } from 'node:http';
import { createServer, type AddressInfo, type Socket } from 'node:net';
import { describe, it, type TestContext } from 'node:test';
import { setImmediate, setTimeout } from 'node:timers/promises';
import { promisify } from 'node:util';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';

import { Colloquy } from '../../src/client.ts';
import { createNodeFetch, nodeFetch } from '../../src/node/index.ts';
import { json, listen, type TestServer } from '../listen.ts';

function countSockets({ requests }: TestServer): number {
  return new Set(requests.map(({ socket }) => socket)).size;
}

/** A server that does with its sockets as it is told; its address. */
async function listenRaw(t: TestContext, take: (socket: Socket) => void): Promise<string> {
  const server = createServer((socket) => {
    t.after(() => socket.destroy());
    socket.on('error', () => undefined).resume();
    take(socket);
  });
  t.after(() => server.close());
  await once(server.listen(0, '127.0.0.1'), 'listening');
  return `127.0.0.1:${(server.address() as AddressInfo).port}`;
}

/** What `fetch` says of a connection, and its cause. */
async function failure(
  response: Promise<unknown>,
): Promise<{ message: string; cause: NodeJS.ErrnoException }> {
  const error = await response.then(
    () => assert.fail('The request succeeded'),
    (reason: unknown) => reason,
  );
  assert.ok(error instanceof TypeError, String(error));
  assert.ok(error.cause instanceof Error, String(error.cause));
  return { message: error.message, cause: error.cause };
}

describe('a connection', { timeout: 30_000 }, () => {
  it('serves one request after the other', async (t) => {
    const server = await listen(t, json({}));
    const fetch = createNodeFetch();
    for (let i = 0; i < 5; i += 1) await (await fetch(server.baseURL, { method: 'POST', body: '{}' })).text();
    assert.equal(countSockets(server), 1);
  });

  it('is not shared by requests at the same time, and each serves again', async (t) => {
    const server = await listen(t, json({}));
    const fetch = createNodeFetch();
    for (let i = 0; i < 3; i += 1) {
      await Promise.all(Array.from({ length: 4 }, async () => (await fetch(server.baseURL)).text()));
    }
    assert.equal(server.requests.length, 12);
    assert.equal(countSockets(server), 4);
  });

  it('is waited for where there may be no more of them', async (t) => {
    const server = await listen(t, json({}));
    const fetch = createNodeFetch({ maxConnections: 2 });
    await Promise.all(Array.from({ length: 8 }, async () => (await fetch(server.baseURL)).text()));
    assert.equal(server.requests.length, 8);
    assert.equal(countSockets(server), 2);
  });

  it('serves the next request after an answer without a body, or one that was cancelled when it had come', async (t) => {
    const server = await listen(t, (response, { url }) => {
      if (url.endsWith('/empty')) response.writeHead(204).end();
      else response.end('body');
    });
    const fetch = createNodeFetch();
    await fetch(`${server.baseURL}/empty`);
    await setImmediate();
    await (await fetch(`${server.baseURL}/full`)).body?.cancel();
    await setImmediate();
    await (await fetch(`${server.baseURL}/full`)).text();
    assert.equal(countSockets(server), 1);
  });

  it('is closed with an answer that is left half-way', async (t) => {
    const { promise, resolve } = Promise.withResolvers<ServerResponse>();
    const { baseURL } = await listen(t, (response) => {
      response.write('half', () => resolve(response));
    });
    const { body } = await nodeFetch(baseURL);
    const closed = once(await promise, 'close');
    await body?.cancel();
    await closed;
  });

  it('is closed when an answer is dropped unread', async (t) => {
    setFlagsFromString('--expose-gc');
    const collectGarbage = runInNewContext('gc') as () => void;
    const { promise, resolve } = Promise.withResolvers<ServerResponse>();
    const { baseURL } = await listen(t, (response) => {
      response.write('half', () => resolve(response));
    });
    await nodeFetch(baseURL);
    const response = await promise;
    while (!response.destroyed) {
      collectGarbage();
      await setTimeout(20);
    }
  });

  it('is not closed while an answer is read of which nothing but the stream is left', async (t) => {
    setFlagsFromString('--expose-gc');
    const collectGarbage = runInNewContext('gc') as () => void;
    const { promise, resolve } = Promise.withResolvers<ServerResponse>();
    const { baseURL } = await listen(t, (response) => {
      response.write('half', () => resolve(response));
    });
    const { body } = await nodeFetch(baseURL);
    const response = await promise;
    // Longer than an answer counts as fresh.
    for (let i = 0; i < 15; i += 1) {
      await setTimeout(100);
      collectGarbage();
    }
    response.end(' and half');
    assert.equal(await new Response(body).text(), 'half and half');
  });

  it('carries no more listeners after many requests than after one', async (t) => {
    const sockets: Socket[] = [];
    const note = (message: unknown): void => void sockets.push((message as { socket: Socket }).socket);
    subscribe('net.client.socket', note);
    t.after(() => unsubscribe('net.client.socket', note));
    const { baseURL } = await listen(t, json({}));
    const fetch = createNodeFetch();
    const count = async (): Promise<number[]> => {
      const { signal } = new AbortController();
      await (await fetch(baseURL, { signal, method: 'POST', body: '{}' })).text();
      await setImmediate();
      const [socket] = sockets;
      return (socket?.eventNames() ?? []).map((event) => socket?.listenerCount(event) ?? 0);
    };
    const first = await count();
    for (let i = 0; i < 20; i += 1) assert.deepEqual(await count(), first);
    assert.equal(sockets.length, 1);
  });

  it('does not keep the process from ending while it waits', async (t) => {
    const { baseURL } = await listen(t, json({}));
    const script = `
      const { nodeFetch } = await import(${JSON.stringify(import.meta.resolve('../../src/node/index.ts'))});
      for (let i = 0; i < 3; i += 1) await (await nodeFetch(process.argv[1])).text();
      await new Promise(setImmediate);
      console.log(process.getActiveResourcesInfo().filter((name) => /TCP|TLS|Timeout/.test(name)).join());
    `;
    const { stdout } = await promisify(execFile)(process.execPath, [
      '--input-type=module',
      '-e',
      script,
      baseURL,
    ]);
    assert.equal(stdout.trim(), '');
  });

  it('rests while the answer is not read', async (t) => {
    const size = 64_000_000;
    const { promise, resolve } = Promise.withResolvers<ServerResponse>();
    const { baseURL } = await listen(t, (response) => {
      resolve(response);
      response.end(Buffer.alloc(size));
    });
    const { body } = await nodeFetch(baseURL);
    const reader = body?.getReader();
    let length = (await reader?.read())?.value?.length ?? 0;
    const response = await promise;
    // What the buffers of both sides and of the system take has left the server; the rest stays there.
    let left = -1;
    while (left !== response.writableLength) {
      left = response.writableLength;
      await setTimeout(100);
    }
    assert.ok(!response.writableFinished);
    for (let result = await reader?.read(); result?.done === false; result = await reader?.read()) {
      length += result.value.length;
    }
    assert.equal(length, size);
  });
});

describe('a connection that fails', { timeout: 30_000 }, () => {
  it('is told of when nobody listens', async () => {
    const server = createServer();
    await once(server.listen(0, '127.0.0.1'), 'listening');
    const { port } = server.address() as AddressInfo;
    await new Promise((resolve) => {
      server.close(resolve);
    });
    const { message, cause } = await failure(nodeFetch(`http://127.0.0.1:${port}/`));
    assert.deepEqual([message, cause.code], ['fetch failed', 'ECONNREFUSED']);
  });

  it('is told of when it closes without an answer', async (t) => {
    const { baseURL } = await listen(t, (response) => response.destroy());
    const { message, cause } = await failure(nodeFetch(baseURL));
    assert.deepEqual([message, cause.code], ['fetch failed', 'ECONNRESET']);
  });

  it('is told of when the answer is not HTTP', async (t) => {
    const address = await listenRaw(t, (socket) => socket.end('SSH-2.0\r\n\r\n'));
    const { cause } = await failure(nodeFetch(`http://${address}/`));
    assert.match(String(cause.code), /^HPE_/);
  });

  it('is told of when the server speaks of another protocol', async (t) => {
    const head = 'HTTP/1.1 101 Switching Protocols\r\nconnection: upgrade\r\nupgrade: x\r\n\r\n';
    const address = await listenRaw(t, (socket) => socket.write(head));
    const { message } = await failure(nodeFetch(`http://${address}/`));
    assert.equal(message, 'fetch failed');
  });

  for (const [way, head] of Object.entries({
    'of a known length': 'content-length: 100\r\n\r\nhalf',
    'in chunks': 'transfer-encoding: chunked\r\n\r\n4\r\nhalf\r\n',
  })) {
    it(`is told of when a body ${way} breaks off`, async (t) => {
      const address = await listenRaw(t, (socket) => socket.end(`HTTP/1.1 200 OK\r\n${head}`));
      const response = await nodeFetch(`http://${address}/`);
      const { message, cause } = await failure(response.text());
      assert.deepEqual([message, cause.code], ['terminated', 'ECONNRESET']);
    });

    it(`is told of when a body ${way} has broken off before somebody reads it`, async (t) => {
      const { promise, resolve } = Promise.withResolvers<void>();
      const address = await listenRaw(t, (socket) => {
        socket.end(`HTTP/1.1 200 OK\r\n${head}`);
        socket.on('close', resolve);
      });
      const response = await nodeFetch(`http://${address}/`);
      await promise;
      await setTimeout(20);
      assert.equal((await failure(response.text())).message, 'terminated');
    });
  }

  it('is told of when a chunk is none', async (t) => {
    const head = 'HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n4\r\nhalf\r\nno number\r\n';
    const address = await listenRaw(t, (socket) => socket.write(head));
    const response = await nodeFetch(`http://${address}/`);
    assert.equal((await failure(response.text())).message, 'terminated');
  });

  it('is none when the body ends with the connection because nothing else says how long it is', async (t) => {
    const address = await listenRaw(t, (socket) => socket.end('HTTP/1.1 200 OK\r\n\r\nwhole'));
    assert.equal(await (await nodeFetch(`http://${address}/`)).text(), 'whole');
  });

  it('passes over what comes before the answer', async (t) => {
    const { baseURL } = await listen(t, (response) => {
      response.writeContinue();
      response.writeEarlyHints({ link: '</x>; rel=preload' });
      response.end('whole');
    });
    assert.equal(await (await nodeFetch(baseURL)).text(), 'whole');
  });

  it('ends when it is not made in time', async (t) => {
    // Takes the connection, and says nothing of TLS.
    const address = await listenRaw(t, () => undefined);
    const fetch = createNodeFetch({ connectTimeout: 50 });
    const { message, cause } = await failure(fetch(`https://${address}/`));
    assert.deepEqual([message, cause.code], ['fetch failed', 'ETIMEDOUT']);
    assert.match(cause.message, /within 50 ms/);
  });

  it('may take for ever', async (t) => {
    const { baseURL } = await listen(t, json({}));
    for (const connectTimeout of [false, Infinity] as const) {
      assert.equal((await createNodeFetch({ connectTimeout })(baseURL)).status, 200);
    }
  });

  it('that was kept too long is replaced by the client’s next attempt', async (t) => {
    const seen = new Set<Socket>();
    const server = await listen(t, (response, { socket }) => {
      if (seen.has(socket)) socket.resetAndDestroy();
      else json({ data: [] })(response, {} as never);
      seen.add(socket);
    });
    const { models } = new Colloquy({ baseURL: server.baseURL, apiKey: null, fetch: createNodeFetch() });
    await models.list();
    await models.list();
    assert.equal(server.requests.length, 3);
    assert.equal(countSockets(server), 2);
  });
});

describe('the transport', () => {
  it('refuses a dispatcher, which belongs to the runtime’s fetch', async () => {
    const init = { dispatcher: {} } as RequestInit;
    await assert.rejects(nodeFetch('http://127.0.0.1:1/', init), {
      name: 'TypeError',
      message: /^dispatcher: /,
    });
  });
});
