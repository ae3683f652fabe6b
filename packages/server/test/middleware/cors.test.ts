import assert from 'node:assert/strict';
import { describe, it } from 'node:test';

import { request } from 'undici';

import { startServer } from '../start-server.ts';

const ORIGIN = 'http://localhost:5173';
const BODY = { model: 'eliza', messages: [{ role: 'user', content: 'I am sad.' }] };

function post(url: string, body: object, origin = ORIGIN): Promise<Response> {
  const headers = { origin, 'content-type': 'application/json' };
  return fetch(`${url}/v1/chat/completions`, { method: 'POST', headers, body: JSON.stringify(body) });
}

describe('A page of this machine', () => {
  it('may read an answer, a stream and an error, and their request id', async (t) => {
    const { url } = await startServer(t);
    for (const body of [
      BODY,
      { ...BODY, stream: true },
      { ...BODY, store: true, stream: true },
      { model: 'x' },
    ]) {
      const { headers, text } = await post(url, body).then(async (response) => ({
        headers: response.headers,
        text: await response.text(),
      }));
      assert.equal(headers.get('access-control-allow-origin'), ORIGIN, text);
      assert.match(headers.get('vary') ?? '', /origin/i);
      assert.match(
        headers.get('access-control-expose-headers') ?? '',
        /x-request-id, etag, x-colloquy-upstream, x-colloquy-attempts,/,
      );
      assert.equal(headers.get('access-control-allow-credentials'), null);
    }
  });

  it('may call under another name of the machine, which browsers take for another site', async (t) => {
    const { url } = await startServer(t);
    const headers = { origin: ORIGIN, 'sec-fetch-site': 'cross-site', 'sec-fetch-mode': 'cors' };
    const { statusCode } = await request(`${url}/v1/models`, { headers });
    assert.equal(statusCode, 200);
  });

  it('may send the headers that it asks for, by every method of the operations', async (t) => {
    const { url } = await startServer(t);
    for (const path of ['/v1/chat/completions', '/v1/chat/completions/chatcmpl-1', '/v1/models']) {
      const { status, headers } = await fetch(url + path, {
        method: 'OPTIONS',
        headers: {
          origin: ORIGIN,
          'access-control-request-method': 'DELETE',
          'access-control-request-headers': 'authorization,idempotency-key,x-stainless-lang',
        },
      });
      assert.equal(status, 204);
      assert.equal(headers.get('access-control-allow-origin'), ORIGIN);
      assert.equal(headers.get('access-control-allow-methods'), 'GET, POST, DELETE');
      assert.match(headers.get('access-control-allow-headers') ?? '', /idempotency-key.*x-stainless-lang/);
      assert.equal(headers.get('vary'), 'Origin, Access-Control-Request-Headers');
      assert.equal(headers.get('access-control-max-age'), '600');
      assert.equal(headers.get('content-length'), '0');
    }
  });
});

describe('A page from elsewhere that is allowed', () => {
  const origin = 'https://app.example';

  it('may ask whether it may call, call, and read answers and errors', async (t) => {
    const { url } = await startServer(t, { allowedOrigins: ['https://other.example', origin] });
    const preflight = await fetch(`${url}/v1/chat/completions`, {
      method: 'OPTIONS',
      headers: { origin, 'access-control-request-method': 'POST' },
    });
    const answers = [preflight, await post(url, BODY, origin), await post(url, { model: 'x' }, origin)];
    assert.deepEqual(
      answers.map(({ status }) => status),
      [204, 200, 400],
    );
    for (const { headers } of answers) assert.equal(headers.get('access-control-allow-origin'), origin);
  });

  it('is the one that was named, to the letter', async (t) => {
    const { url } = await startServer(t, { allowedOrigins: [origin] });
    for (const other of [
      'http://app.example',
      `${origin}:8443`,
      `${origin}.evil`,
      'https://sub.app.example',
      'null',
    ]) {
      const { status, headers } = await post(url, BODY, other);
      assert.deepEqual([status, headers.get('access-control-allow-origin')], [403, null], other);
    }
  });

  it('must still call the server by a name of its machine', async (t) => {
    const { url } = await startServer(t, { allowedOrigins: [origin] });
    const { statusCode } = await request(`${url}/v1/models`, { headers: { origin, host: 'app.example' } });
    assert.equal(statusCode, 403);
  });
});

describe('A page whose URL cannot be read', () => {
  it('may read why, if it may call', async (t) => {
    const { url } = await startServer(t);
    const [allowed, foreign, program] = await Promise.all(
      [{ origin: ORIGIN }, { origin: 'https://evil.example' }, {}].map((headers) =>
        fetch(`${url}/v1/%zz`, { headers: headers as Record<string, string> }),
      ),
    );
    assert.equal(allowed?.status, 400);
    const { headers } = await post(url, { model: 'x' });
    for (const name of ['access-control-allow-origin', 'access-control-expose-headers', 'vary']) {
      assert.equal(allowed?.headers.get(name), headers.get(name), name);
      assert.equal(foreign?.headers.get(name), null);
      assert.equal(program?.headers.get(name), null);
    }
    assert.deepEqual([foreign?.status, program?.status], [403, 400]);
  });
});

describe('A page from elsewhere', () => {
  it('is refused, its question whether it may ask too, and may read nothing', async (t) => {
    const { url } = await startServer(t);
    const origin = 'https://evil.example';
    const preflight = await fetch(`${url}/v1/chat/completions`, {
      method: 'OPTIONS',
      headers: { origin, 'access-control-request-method': 'POST' },
    });
    for (const { status, headers } of [preflight, await post(url, BODY, origin)]) {
      assert.equal(status, 403);
      assert.equal(headers.get('access-control-allow-origin'), null);
    }
  });
});

describe('A program, which has no origin', () => {
  it('gets no headers for pages, and OPTIONS is no method of a route', async (t) => {
    const { url } = await startServer(t);
    const { headers } = await fetch(`${url}/v1/models`);
    assert.equal(headers.get('access-control-allow-origin'), null);
    assert.equal(headers.get('vary'), 'Origin', 'caches keep it from pages');
    assert.equal((await fetch(`${url}/v1/models`, { method: 'OPTIONS' })).status, 405);
  });
});
