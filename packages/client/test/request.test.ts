import assert from 'node:assert/strict';
import { describe, it, type TestContext } from 'node:test';

import fc from 'fast-check';

import { APIConnectionError, APIError, APIUserAbortError, ColloquyError } from '../src/errors.ts';
import { requestPage } from '../src/page.ts';
import { encodePathParameter, readJson, request, requestJson, type Call } from '../src/request.ts';
import { json, listen, onlyRequest, type Answer, type ReceivedRequest } from './listen.ts';

async function send(t: TestContext, call: Call): Promise<ReceivedRequest> {
  const server = await listen(t, json({}));
  await request({ baseURL: server.baseURL, apiKey: null }, call);
  return onlyRequest(server);
}

/** The query of a list as it is sent, `?` included. */
async function encode(t: TestContext, query: object): Promise<string> {
  const server = await listen(t, json({}));
  await requestPage({ baseURL: server.baseURL }, '/x', query);
  const { url } = onlyRequest(server);
  assert.ok(url.startsWith('/v1/x'));
  return url.slice('/v1/x'.length);
}

async function get(t: TestContext, answer: Answer): Promise<unknown> {
  const { baseURL } = await listen(t, answer);
  return requestJson({ baseURL, apiKey: null }, { method: 'GET', path: '/x' });
}

describe('a request', () => {
  it('has the method and the path of its call', async (t) => {
    for (const method of ['GET', 'POST', 'DELETE'] as const) {
      const received = await send(t, { method, path: '/chat/completions' });
      assert.deepEqual([received.method, received.url], [method, '/v1/chat/completions']);
    }
  });

  it('has the body as JSON, and says so', async (t) => {
    const body = { text: 'Grüße 🙂', list: [1, null], none: undefined };
    const { headers, text } = await send(t, { method: 'POST', path: '/x', body });
    assert.equal(headers['content-type'], 'application/json');
    assert.equal(text, '{"text":"Grüße 🙂","list":[1,null]}');
  });

  it('without a body has no type of one', async (t) => {
    for (const method of ['GET', 'POST', 'DELETE'] as const) {
      const { headers, text } = await send(t, { method, path: '/x' });
      assert.equal(headers['content-type'], undefined);
      assert.equal(text, '');
    }
  });

  it('wants JSON', async (t) => {
    assert.equal((await send(t, { method: 'GET', path: '/x' })).headers.accept, 'application/json');
  });

  it('that cannot be written down is a mistake of the caller, not of the connection', async (t) => {
    const server = await listen(t, json({}));
    const options = { baseURL: server.baseURL, apiKey: null };
    const circular: { self?: unknown } = {};
    circular.self = circular;
    for (const body of [circular, { seed: 1n }]) {
      await assert.rejects(request(options, { method: 'POST', path: '/x', body }), TypeError);
    }
    const call = { method: 'GET', path: '/x' } as const;
    await assert.rejects(request({ ...options, apiKey: 'line\nbreak' }, call), TypeError);
    assert.deepEqual(server.requests, []);
  });
});

describe('a query', () => {
  it('leaves out what is undefined', async (t) => {
    assert.equal(await encode(t, {}), '');
    assert.equal(await encode(t, { after: undefined }), '');
    assert.equal(await encode(t, { limit: 2, after: undefined, order: 'desc' }), '?limit=2&order=desc');
  });

  it('has null as an empty value', async (t) => {
    assert.equal(await encode(t, { metadata: null }), '?metadata=');
  });

  it('has the pairs of a map under its name, in percent-encoded brackets', async (t) => {
    assert.equal(
      await encode(t, { metadata: { user: 'Ann', 'a]b.c%': 'x=y&z' } }),
      '?metadata%5Buser%5D=Ann&metadata%5Ba%5Db.c%25%5D=x%3Dy%26z',
    );
    assert.equal(await encode(t, { metadata: {} }), '');
  });

  it('is encoded', async (t) => {
    assert.equal(await encode(t, { model: 'a/b c+d#e?ü' }), '?model=a%2Fb+c%2Bd%23e%3F%C3%BC');
    assert.equal(await encode(t, { limit: 0, flag: false, empty: '' }), '?limit=0&flag=false&empty=');
  });
});

describe('a path parameter', () => {
  it('keeps a slash inside its segment', () => {
    assert.equal(encodePathParameter('org/model'), 'org%2Fmodel');
    assert.equal(encodePathParameter('../x'), '..%2Fx');
  });

  it('keeps its colons as they are', () => {
    assert.equal(encodePathParameter('ft:gpt:org::id'), 'ft:gpt:org::id');
    assert.equal(encodePathParameter('a%3Ab'), 'a%253Ab');
  });

  it('encodes what would end or change the path', () => {
    assert.equal(encodePathParameter('a?b#c d%ü'), 'a%3Fb%23c%20d%25%C3%BC');
    assert.equal(encodePathParameter('%2e%2e'), '%252e%252e');
  });

  for (const value of ['', '.', '..']) {
    it(`is refused if it is "${value}"`, () => {
      assert.throws(
        () => encodePathParameter(value),
        (error) => error instanceof ColloquyError && error.message.includes(`"${value}"`),
      );
    });
  }

  it('arrives as one segment that decodes to it', () => {
    const value = fc.string({ unit: 'grapheme', minLength: 1 }).filter((id) => id !== '.' && id !== '..');
    fc.assert(
      fc.property(value, (id) => {
        const segments = new URL(`http://host/v1/${encodePathParameter(id)}/messages`).pathname.split('/');
        assert.deepEqual(segments.map(decodeURIComponent), ['', 'v1', id, 'messages']);
      }),
    );
  });
});

describe('an answer', () => {
  it('is given as it was sent', async (t) => {
    for (const body of [{ id: 'x', nested: [null, { a: 1 }] }, [], 'text', null, 7]) {
      assert.deepEqual(await get(t, json(body)), body);
    }
  });

  it('may have blank lines before its JSON, as DeepSeek keeps connections alive', async (t) => {
    const body = await get(t, (response) => response.end('\n\n\r\n{"id":"x"}\n'));
    assert.deepEqual(body, { id: 'x' });
  });

  for (const [name, text] of [
    ['a page', '<html>Log in</html>'],
    ['empty', ''],
    ['cut short', '{"id":'],
  ] as const) {
    it(`throws an error that shows it if it is ${name}`, async (t) => {
      await assert.rejects(
        get(t, (response) => response.end(text)),
        (error) => {
          assert.ok(error instanceof ColloquyError);
          assert.equal(error instanceof APIError, false);
          assert.ok(error.message.endsWith(`not JSON: ${text}`));
          assert.ok(error.cause instanceof SyntaxError);
          return true;
        },
      );
    });
  }

  it('is quoted up to 200 characters', async (t) => {
    await assert.rejects(
      get(t, (response) => response.end('x'.repeat(10_000))),
      /not JSON: x{200}$/,
    );
  });

  it('may be an error at status 200, as from OpenRouter', async (t) => {
    const error = { code: 502, message: 'Provider returned error' };
    await assert.rejects(get(t, json({ error }, 200, { 'x-request-id': 'req_1' })), (thrown) => {
      assert.ok(thrown instanceof APIError);
      const { status, code, message, requestID } = thrown;
      assert.deepEqual([status, code, message, requestID], [200, '502', 'Provider returned error', 'req_1']);
      return true;
    });
    assert.deepEqual(await get(t, json({ id: 'x', error: null })), { id: 'x', error: null });
  });

  it('follows a redirect', async (t) => {
    const body = await get(t, (response, { url }) => {
      if (url === '/v1/x') response.writeHead(307, { location: '/v1/y' }).end();
      else json({ url })(response, {} as ReceivedRequest);
    });
    assert.deepEqual(body, { url: '/v1/y' });
  });
});

describe('the caller’s signal', () => {
  it('refuses a call if it has fired before', async (t) => {
    const server = await listen(t, json({}));
    const call = { method: 'GET', path: '/x' } as const;
    const signal = AbortSignal.abort(new Error('mine'));
    await assert.rejects(request({ baseURL: server.baseURL }, call, { signal }), (error) => {
      assert.ok(error instanceof APIUserAbortError);
      assert.deepEqual(error.cause, new Error('mine'));
      return true;
    });
    assert.deepEqual(server.requests, []);
  });

  it('ends a call that is not answered', async (t) => {
    const controller = new AbortController();
    const server = await listen(t, () => controller.abort());
    const options = { baseURL: server.baseURL };
    const call = request(options, { method: 'GET', path: '/x' }, { signal: controller.signal });
    await assert.rejects(call, APIUserAbortError);
  });

  it('ends the reading of the body', async (t) => {
    const controller = new AbortController();
    const { baseURL } = await listen(t, (response) => {
      response.writeHead(200, { 'content-length': '100' });
      response.write('{"id":');
    });
    const { signal } = controller;
    const body = readJson(await request({ baseURL }, { method: 'GET', path: '/x' }, { signal }));
    controller.abort();
    await assert.rejects(body, APIUserAbortError);
  });

  it('may be null', async (t) => {
    const { baseURL } = await listen(t, json({}));
    const call = { method: 'GET', path: '/x' } as const;
    assert.deepEqual(await requestJson({ baseURL }, call, { signal: null }), {});
  });

  it('does not turn other failures into its own', async (t) => {
    const { baseURL } = await listen(t, (response) => response.destroy());
    const { signal } = new AbortController();
    const call = request({ baseURL, maxRetries: 0 }, { method: 'GET', path: '/x' }, { signal });
    await assert.rejects(call, APIConnectionError);
  });
});
