import assert from 'node:assert/strict';
import { describe, it, type TestContext } from 'node:test';

import { json, listen, type TestServer } from '../listen.ts';
import { TRANSPORTS } from './transports.ts';

const SECRETS = { authorization: 'Bearer x', cookie: 'a=b', 'x-mine': 'kept' };

/** Sends on from `/v1/x` to the location, and answers everything else. */
function listenAndSendOn(t: TestContext, status: number, location: string): Promise<TestServer> {
  return listen(t, (response, request) => {
    if (request.url === '/v1/x') response.writeHead(status, { location }).end('elsewhere');
    else json({ url: request.url })(response, request);
  });
}

for (const { name, send } of TRANSPORTS) {
  describe(`${name}, sent elsewhere`, () => {
    for (const [status, method, followedBy] of [
      [301, 'POST', 'GET'],
      [302, 'POST', 'GET'],
      [303, 'POST', 'GET'],
      [303, 'DELETE', 'GET'],
      [303, 'HEAD', 'HEAD'],
      [301, 'DELETE', 'DELETE'],
      [302, 'PUT', 'PUT'],
      [307, 'POST', 'POST'],
      [308, 'POST', 'POST'],
      [307, 'DELETE', 'DELETE'],
    ] as const) {
      it(`follows a ${method} that is answered with ${status} by a ${followedBy}`, async (t) => {
        const server = await listenAndSendOn(t, status, '/v1/y?a=b');
        const body = ['POST', 'PUT'].includes(method) ? '{}' : null;
        const headers = { ...SECRETS, ...(body !== null && { 'content-type': 'application/json' }) };
        const response = await send(`${server.baseURL}/x`, { method, body, headers });
        assert.deepEqual([response.status, response.redirected], [200, true]);
        assert.equal(response.url, `${server.baseURL}/y?a=b`);
        const next = server.requests.at(-1);
        assert.deepEqual([next?.method, next?.url], [followedBy, '/v1/y?a=b']);
        const keepsBody = body !== null && followedBy === method;
        assert.equal(next?.text, keepsBody ? body : '');
        assert.equal(next?.headers['content-type'], keepsBody ? 'application/json' : undefined);
        assert.equal(next?.headers.authorization, 'Bearer x');
      });
    }

    it('gives no secrets to another server', async (t) => {
      const target = await listen(t, json({}));
      const server = await listenAndSendOn(t, 307, `${target.baseURL}/y`);
      const response = await send(`${server.baseURL}/x`, { method: 'POST', body: '{}', headers: SECRETS });
      assert.equal(response.url, `${target.baseURL}/y`);
      const { headers, text } = target.requests[0] ?? assert.fail('No request came');
      assert.deepEqual(
        [headers.authorization, headers.cookie, headers['x-mine']],
        [undefined, undefined, 'kept'],
      );
      assert.equal(headers.host, new URL(target.baseURL).host);
      assert.equal(text, '{}');
    });

    it('takes an answer without a location, or of another kind, for what it is', async (t) => {
      const server = await listen(t, (response, { url }) => {
        response.writeHead(url === '/v1/x' ? 302 : 300, url === '/v1/x' ? {} : { location: '/' }).end('body');
      });
      for (const [path, status] of [
        ['/x', 302],
        ['/y', 300],
      ] as const) {
        const response = await send(`${server.baseURL}${path}`);
        assert.deepEqual(
          [response.status, response.redirected, await response.text()],
          [status, false, 'body'],
        );
      }
    });

    it('follows twenty times', async (t) => {
      const server = await listen(t, (response, { url }) => {
        const count = Number(url.slice(4));
        if (count === 20) response.end('here');
        else response.writeHead(302, { location: `/v1/${count + 1}` }).end();
      });
      assert.equal(await (await send(`${server.baseURL}/0`)).text(), 'here');
      assert.equal(server.requests.length, 21);
    });

    it('gives up after twenty times', async (t) => {
      const server = await listen(t, (response) => response.writeHead(302, { location: '/v1/x' }).end());
      await assert.rejects(send(`${server.baseURL}/x`), TypeError);
      assert.equal(server.requests.length, 21);
    });

    it('goes nowhere but to HTTP, and carries no credentials there', async (t) => {
      for (const location of ['ftp://127.0.0.1/', 'http://[', 'http://user:secret@127.0.0.1:1/']) {
        const server = await listenAndSendOn(t, 302, location);
        await assert.rejects(send(`${server.baseURL}/x`), TypeError);
      }
    });

    it('goes nowhere if it is told to stay', async (t) => {
      const server = await listenAndSendOn(t, 302, '/v1/y');
      await assert.rejects(send(`${server.baseURL}/x`, { redirect: 'error' }), TypeError);
      const response = await send(`${server.baseURL}/x`, { redirect: 'manual' });
      assert.deepEqual([response.status, response.headers.get('location')], [302, '/v1/y']);
      assert.equal(server.requests.length, 2);
    });

    it('understands a location that is not in ASCII', async (t) => {
      const server = await listenAndSendOn(t, 302, Buffer.from('/v1/ü').toString('latin1'));
      await send(`${server.baseURL}/x`);
      assert.equal(server.requests.at(-1)?.url, '/v1/%C3%BC');
    });

    it('does not read on where it is sent away', { timeout: 20_000 }, async (t) => {
      const server = await listen(t, (response, { url }) => {
        if (url === '/v1/x') response.writeHead(302, { location: '/v1/y' }).write('without end');
        else response.end('here');
      });
      assert.equal(await (await send(`${server.baseURL}/x`)).text(), 'here');
    });
  });
}
