import assert from 'node:assert/strict';
import { once } from 'node:events';
import { createServer, request, type IncomingMessage, type RequestListener } from 'node:http';
import { createServer as createSecureServer } from 'node:https';
import { connect, type AddressInfo, type Socket } from 'node:net';
import { describe, it, type TestContext } from 'node:test';

import { createNodeFetch } from '../../src/node/index.ts';
import { readProxies, readProxy } from '../../src/node/proxy.ts';
import { json, listen } from '../listen.ts';
import { CERTIFICATE, KEY } from './certificate.ts';
import { listenSecure } from './listen-secure.ts';

interface TestProxy {
  readonly port: number;
  /** What it was asked for, and with which credentials. */
  readonly asked: string[];
}

/** A real proxy: forwards requests for http: URLs, and connects for the rest. */
async function listenAsProxy(
  t: TestContext,
  options: { isSecure?: boolean; status?: number } = {},
): Promise<TestProxy> {
  const asked: string[] = [];
  const note = ({ method, url, headers }: IncomingMessage): void => {
    asked.push(`${method} ${url} ${headers['proxy-authorization'] ?? '-'}`);
  };
  const forward: RequestListener = (incoming, response) => {
    note(incoming);
    const { method, headers } = incoming;
    const outgoing = request(incoming.url ?? '', { method, headers }, (answer) => {
      response.writeHead(answer.statusCode ?? 500, answer.headers);
      answer.pipe(response);
    });
    incoming.pipe(outgoing);
  };
  const server = options.isSecure
    ? createSecureServer({ cert: CERTIFICATE, key: KEY }, forward)
    : createServer(forward);
  server.on('connect', (incoming: IncomingMessage, socket: Socket) => {
    note(incoming);
    socket.on('error', () => undefined);
    t.after(() => socket.destroy());
    if (options.status !== undefined) {
      socket.end(`HTTP/1.1 ${options.status} No\r\n\r\n`);
      return;
    }
    const { hostname, port } = new URL(`http://${incoming.url}`);
    const target = connect(Number(port), hostname, () => {
      socket.write('HTTP/1.1 200 Connection established\r\n\r\n');
      socket.pipe(target).pipe(socket);
    });
    target.on('error', () => socket.destroy());
    socket.on('close', () => target.destroy());
  });
  t.after(() => {
    server.closeAllConnections();
    server.close();
  });
  await once(server.listen(0, '127.0.0.1'), 'listening');
  return { port: (server.address() as AddressInfo).port, asked };
}

/** Sets variables of the environment until the test is over. */
function setEnvironment(t: TestContext, variables: Record<string, string>): void {
  for (const [name, value] of Object.entries(variables)) {
    const before = process.env[name];
    process.env[name] = value;
    t.after(() => {
      if (before === undefined) delete process.env[name];
      else process.env[name] = before;
    });
  }
}

async function findCause(response: Promise<unknown>): Promise<NodeJS.ErrnoException> {
  const error = await response.then(
    () => assert.fail('The request succeeded'),
    (reason: unknown) => reason,
  );
  assert.ok(error instanceof TypeError && error.cause instanceof Error, String(error));
  return error.cause;
}

describe('a proxy', { timeout: 20_000 }, () => {
  it('is told the whole URL of an http: request', async (t) => {
    const proxy = await listenAsProxy(t);
    const server = await listen(t, json({ a: 1 }));
    const fetch = createNodeFetch({ proxy: `http://127.0.0.1:${proxy.port}` });
    const response = await fetch(`${server.baseURL}/x?a=b`, { method: 'POST', body: 'text' });
    assert.deepEqual(await response.json(), { a: 1 });
    assert.deepEqual(proxy.asked, [`POST ${server.baseURL}/x?a=b -`]);
    const [received] = server.requests;
    assert.deepEqual([received?.text, received?.headers.host], ['text', new URL(server.baseURL).host]);
  });

  it('passes on an https: request that it cannot read, and the next one by the same connection', async (t) => {
    const proxy = await listenAsProxy(t);
    const { port, sockets } = await listenSecure(t);
    const fetch = createNodeFetch({ proxy: `http://127.0.0.1:${proxy.port}`, tls: { ca: CERTIFICATE } });
    for (let i = 0; i < 3; i += 1) {
      assert.equal(await (await fetch(`https://localhost:${port}/x`)).text(), 'localhost /x');
    }
    assert.deepEqual(proxy.asked, [`CONNECT localhost:${port} -`]);
    assert.equal(sockets.length, 1);
  });

  it('may be spoken to by TLS itself', async (t) => {
    const proxy = await listenAsProxy(t, { isSecure: true });
    const { port } = await listenSecure(t);
    const plain = await listen(t, json({}));
    const fetch = createNodeFetch({ proxy: `https://localhost:${proxy.port}`, tls: { ca: CERTIFICATE } });
    assert.equal(await (await fetch(`https://localhost:${port}/x`)).text(), 'localhost /x');
    assert.equal((await fetch(plain.baseURL)).status, 200);
    assert.deepEqual(proxy.asked, [`CONNECT localhost:${port} -`, `GET ${plain.baseURL} -`]);
  });

  it('gets the credentials in its URL, which the server does not', async (t) => {
    const proxy = await listenAsProxy(t);
    const { port, server } = await listenSecure(t);
    const seen: unknown[] = [];
    server.on('request', ({ headers }: IncomingMessage) => seen.push(headers['proxy-authorization']));
    const fetch = createNodeFetch({
      proxy: `http://me:s%40fe@127.0.0.1:${proxy.port}`,
      tls: { ca: CERTIFICATE },
    });
    await fetch(`https://localhost:${port}/`);
    const plain = await listen(t, json({}));
    await fetch(plain.baseURL);
    const credentials = `Basic ${Buffer.from('me:s@fe').toString('base64')}`;
    assert.deepEqual(proxy.asked, [
      `CONNECT localhost:${port} ${credentials}`,
      `GET ${plain.baseURL} ${credentials}`,
    ]);
    assert.deepEqual(seen, [undefined]);
  });

  it('that refuses is named, with what it says', async (t) => {
    const proxy = await listenAsProxy(t, { status: 407 });
    const fetch = createNodeFetch({ proxy: `http://127.0.0.1:${proxy.port}` });
    const cause = await findCause(fetch('https://localhost:1/'));
    assert.equal(cause.message, 'The proxy 127.0.0.1 does not connect to localhost:1: it answers 407');
  });

  it('that is not there is told of', async (t) => {
    const proxy = await listenAsProxy(t);
    const fetch = createNodeFetch({ proxy: `http://127.0.0.1:${proxy.port}` });
    // It goes before anybody asks.
    const closed = createServer();
    await once(closed.listen(0, '127.0.0.1'), 'listening');
    const { port } = closed.address() as AddressInfo;
    await new Promise((resolve) => {
      closed.close(resolve);
    });
    const gone = createNodeFetch({ proxy: `http://127.0.0.1:${port}` });
    assert.equal((await findCause(gone('https://localhost:1/'))).code, 'ECONNREFUSED');
    assert.equal((await findCause(gone('http://localhost:1/'))).code, 'ECONNREFUSED');
    assert.equal((await findCause(fetch('https://localhost:1/'))).code, 'ECONNRESET');
  });

  it('that does not answer ends the request in time, or when it is aborted', async (t) => {
    const server = createServer().on('connect', (_incoming, socket) => t.after(() => socket.destroy()));
    t.after(() => server.close());
    await once(server.listen(0, '127.0.0.1'), 'listening');
    const proxy = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
    const fetch = createNodeFetch({ proxy, connectTimeout: 50 });
    assert.equal((await findCause(fetch('https://localhost:1/'))).code, 'ETIMEDOUT');
    const controller = new AbortController();
    const response = createNodeFetch({ proxy, connectTimeout: 500 })('https://localhost:1/', controller);
    await once(server, 'connect');
    controller.abort(new Error('mine'));
    await assert.rejects(response, new Error('mine'));
  });

  it('stands in the environment, where it is read at the first request', async (t) => {
    const [forHttp, forHttps] = [await listenAsProxy(t), await listenAsProxy(t)];
    const plain = await listen(t, json({}));
    const secure = await listenSecure(t);
    const fetch = createNodeFetch({ tls: { ca: CERTIFICATE } });
    setEnvironment(t, {
      HTTP_PROXY: `http://127.0.0.1:${forHttp.port}`,
      // The name in small letters goes first.
      HTTPS_PROXY: 'http://127.0.0.1:1',
      https_proxy: `127.0.0.1:${forHttps.port}`,
      NO_PROXY: 'example.com',
    });
    await fetch(plain.baseURL);
    await fetch(`https://localhost:${secure.port}/`);
    assert.deepEqual(forHttp.asked, [`GET ${plain.baseURL} -`]);
    assert.deepEqual(forHttps.asked, [`CONNECT localhost:${secure.port} -`]);
  });

  it('is passed by where the environment or the options say so', async (t) => {
    const { baseURL } = await listen(t, json({}));
    setEnvironment(t, { HTTP_PROXY: 'http://127.0.0.1:1' });
    assert.equal((await createNodeFetch({ proxy: false })(baseURL)).status, 200);
    setEnvironment(t, { NO_PROXY: '127.0.0.1' });
    assert.equal((await createNodeFetch()(baseURL)).status, 200);
  });

  it('that is none is refused by the name of its setting, and its password is kept', async (t) => {
    assert.throws(
      () => readProxy('proxy', 'socks5://me:secret@127.0.0.1:1'),
      (error) => {
        assert.ok(error instanceof TypeError);
        assert.match(error.message, /^proxy is not the URL of an HTTP proxy/);
        assert.doesNotMatch(error.message, /secret/);
        return true;
      },
    );
    setEnvironment(t, { HTTPS_PROXY: 'http://' });
    await assert.rejects(createNodeFetch()('http://127.0.0.1:1/'), /^TypeError: HTTPS_PROXY is not/);
  });
});

describe('NO_PROXY', () => {
  const passesBy = (list: string, url: string): boolean => {
    const environment = {
      HTTP_PROXY: 'proxy.example:3128',
      HTTPS_PROXY: 'proxy.example:3128',
      NO_PROXY: list,
    };
    return readProxies(environment)(new URL(url)) === undefined;
  };

  for (const [list, url, expected] of [
    ['', 'http://a.example/', false],
    ['*', 'http://a.example/', true],
    ['a.example', 'http://a.example/', true],
    ['a.example', 'https://A.EXAMPLE:8080/', true],
    ['A.Example', 'http://a.example/', true],
    ['example', 'http://a.example/', true],
    ['.example', 'http://a.example/', true],
    ['*.example', 'http://a.example/', true],
    ['.a.example', 'http://a.example/', true],
    ['.example', 'http://aexample/', false],
    ['example', 'http://aexample/', false],
    ['b.example', 'http://a.example/', false],
    ['b.example, a.example', 'http://a.example/', true],
    ['b.example a.example', 'http://a.example/', true],
    [' , ,', 'http://a.example/', false],
    ['a.example:8080', 'http://a.example:8080/', true],
    ['a.example:8080', 'http://a.example/', false],
    ['a.example:80', 'http://a.example/', true],
    ['a.example:443', 'https://a.example/', true],
    ['example:8080', 'http://a.example:8080/', true],
    ['127.0.0.1', 'http://127.0.0.1:8787/', true],
    ['127.0.0.1:8787', 'http://127.0.0.1:8787/', true],
    ['::1', 'http://[::1]:8787/', true],
    ['[::1]', 'http://[::1]:8787/', true],
    ['[::1]:8787', 'http://[::1]:8787/', true],
    ['[::1]:8788', 'http://[::1]:8787/', false],
  ] as const) {
    it(`"${list}" ${expected ? 'excepts' : 'does not except'} ${url}`, () => {
      assert.equal(passesBy(list, url), expected);
    });
  }
});
