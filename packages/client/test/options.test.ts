import assert from 'node:assert/strict';
import { afterEach, beforeEach, describe, it } from 'node:test';
import type { TestContext } from 'node:test';

import { Colloquy } from '../src/client.ts';
import { ColloquyError } from '../src/errors.ts';
import { getChatCompletion } from '../src/operations/get-chat-completion.ts';
import { settle, type ClientOptions, type RequestOptions } from '../src/options.ts';
import { retry } from '../src/retry.ts';
import { json, listen, onlyRequest, type ReceivedRequest } from './listen.ts';

const NAMES = ['OPENAI_API_KEY', 'OPENAI_BASE_URL'] as const;
const saved = new Map(NAMES.map((name) => [name, process.env[name]]));

beforeEach(() => {
  for (const name of NAMES) delete process.env[name];
});

afterEach(() => {
  for (const [name, value] of saved) {
    if (value === undefined) delete process.env[name];
    else process.env[name] = value;
  }
});

async function ask(options: ClientOptions, requestOptions?: RequestOptions): Promise<unknown> {
  return new Colloquy(options).chat.completions.retrieve('chatcmpl-1', requestOptions);
}

/** What a call sends under these options. */
async function send(
  t: TestContext,
  options: ClientOptions,
  requestOptions?: RequestOptions,
): Promise<ReceivedRequest> {
  const server = await listen(t, json({}));
  await ask({ baseURL: server.baseURL, ...options }, requestOptions);
  return onlyRequest(server);
}

describe('apiKey', () => {
  it('is sent as a bearer token', async (t) => {
    assert.equal((await send(t, { apiKey: 'sk-1' })).headers.authorization, 'Bearer sk-1');
  });

  it('comes from OPENAI_API_KEY, if not given', async (t) => {
    process.env['OPENAI_API_KEY'] = ' sk-2\n';
    assert.equal((await send(t, {})).headers.authorization, 'Bearer sk-2');
    assert.equal((await send(t, { apiKey: undefined })).headers.authorization, 'Bearer sk-2');
    assert.equal((await send(t, { apiKey: 'sk-1' })).headers.authorization, 'Bearer sk-1');
  });

  it('is not needed', async (t) => {
    assert.equal((await send(t, {})).headers.authorization, undefined);
    process.env['OPENAI_API_KEY'] = ' ';
    assert.equal((await send(t, {})).headers.authorization, undefined);
  });

  it('is not sent if null, whatever the environment says', async (t) => {
    process.env['OPENAI_API_KEY'] = 'sk-2';
    assert.equal((await send(t, { apiKey: null })).headers.authorization, undefined);
  });
});

describe('baseURL', () => {
  /** Where a call goes, as far as its `fetch` sees. */
  async function find(options: ClientOptions): Promise<string> {
    let url = '';
    const fetch = async (input: unknown) => {
      url = String(input);
      return Response.json({});
    };
    await ask({ fetch, ...options });
    return url.slice(0, -'/chat/completions/chatcmpl-1'.length);
  }

  it('is OpenAI’s, if not given', async () => {
    assert.equal(await find({}), 'https://api.openai.com/v1');
    assert.equal(await find({ baseURL: null }), 'https://api.openai.com/v1');
  });

  it('comes from OPENAI_BASE_URL, if not given', async () => {
    process.env['OPENAI_BASE_URL'] = ' http://127.0.0.1:8787/v1/ ';
    assert.equal(await find({}), 'http://127.0.0.1:8787/v1');
    assert.equal(await find({ baseURL: 'http://127.0.0.1:1/v1' }), 'http://127.0.0.1:1/v1');
    process.env['OPENAI_BASE_URL'] = '';
    assert.equal(await find({}), 'https://api.openai.com/v1');
  });

  it('may end in slashes, and have any path or none', async (t) => {
    const server = await listen(t, json({}));
    const origin = server.baseURL.slice(0, -'/v1'.length);
    for (const path of ['', '/', '/v1', '/v1/', '/v1//', '/openai/v1/']) {
      await ask({ baseURL: origin + path });
    }
    assert.deepEqual(
      server.requests.map((request) => request.url),
      ['', '', '/v1', '/v1', '/v1', '/openai/v1'].map((path) => `${path}/chat/completions/chatcmpl-1`),
    );
  });

  // A host and a port without "http://" is a URL too, of the scheme "localhost".
  for (const baseURL of [
    '',
    'api.openai.com/v1',
    '127.0.0.1:8787',
    'localhost:8787/v1',
    '/v1',
    'ftp://host/v1',
  ]) {
    it(`is refused by its name if it is "${baseURL}"`, () => {
      const isClear = (error: unknown) =>
        error instanceof ColloquyError && error.message.startsWith(`baseURL: "${baseURL}"`);
      assert.throws(() => new Colloquy({ baseURL }), isClear);
    });
  }
});

describe('headers', () => {
  it('are the client’s own, if none are given', async (t) => {
    const { headers } = await send(t, { apiKey: 'sk-1' });
    assert.equal(headers.accept, 'application/json');
    assert.equal(headers['content-type'], undefined);
  });

  it('may be added for all requests and for one', async (t) => {
    const { headers } = await send(
      t,
      { defaultHeaders: { 'OpenAI-Project': 'proj_1', 'x-shared': 'all' } },
      { headers: { 'X-Client-Request-Id': 'trace-1', 'X-Shared': 'one' } },
    );
    assert.equal(headers['openai-project'], 'proj_1');
    assert.equal(headers['x-client-request-id'], 'trace-1');
    assert.equal(headers['x-shared'], 'one');
  });

  it('replace the client’s own, whatever their case', async (t) => {
    const { headers } = await send(t, { apiKey: 'sk-1', defaultHeaders: { AUTHORIZATION: 'Basic eA==' } });
    assert.equal(headers.authorization, 'Basic eA==');
    const request = await send(
      t,
      { apiKey: 'sk-1' },
      { headers: { accept: '*/*', Authorization: 'Bearer sk-2' } },
    );
    assert.equal(request.headers.accept, '*/*');
    assert.equal(request.headers.authorization, 'Bearer sk-2');
  });
});

describe('fetch', () => {
  it('sends the requests, if given', async () => {
    const urls: unknown[] = [];
    const fetch = async (input: unknown, init?: RequestInit) => {
      urls.push(input, init?.method);
      return Response.json({ id: 'chatcmpl-1' });
    };
    const stored = await getChatCompletion({ baseURL: 'http://nowhere.invalid/v1', fetch }, 'chatcmpl-1');
    assert.deepEqual({ ...stored }, { id: 'chatcmpl-1' });
    assert.deepEqual(urls, ['http://nowhere.invalid/v1/chat/completions/chatcmpl-1', 'GET']);
  });

  it('is called on nothing, as a browser’s own demands', async () => {
    let receiver: unknown = 'none';
    const options = {
      baseURL: 'http://nowhere.invalid/v1',
      async fetch(this: unknown) {
        // oxlint-disable-next-line typescript/no-this-alias -- what it is called on is the question
        receiver = this;
        return Response.json({});
      },
    };
    await getChatCompletion(options, 'chatcmpl-1');
    assert.equal(receiver, undefined);
  });

  it('is the runtime’s at the time of the call, if not given', async (t) => {
    const { fetch } = settle({});
    t.mock.method(globalThis, 'fetch', async () => Response.json({ mocked: true }));
    assert.deepEqual(await (await fetch('http://nowhere.invalid')).json(), { mocked: true });
  });
});

describe('a function', () => {
  it('takes nothing from the environment: only what it is given', async (t) => {
    process.env['OPENAI_API_KEY'] = 'sk-2';
    process.env['OPENAI_BASE_URL'] = 'http://127.0.0.1:1/v1';
    const server = await listen(t, json({}));
    await getChatCompletion({ baseURL: server.baseURL }, 'chatcmpl-1');
    assert.equal(onlyRequest(server).headers.authorization, undefined);
  });
});

describe('what is sent with every request', () => {
  async function receive(t: TestContext, options: ClientOptions, own?: RequestOptions) {
    const server = await listen(t, json({}));
    await getChatCompletion({ baseURL: server.baseURL, apiKey: null, ...options }, 'chatcmpl-1', own);
    return onlyRequest(server);
  }

  it('has the organization and the project, if given', async (t) => {
    const { headers } = await receive(t, { organization: 'org-1', project: 'proj_1' });
    assert.equal(headers['openai-organization'], 'org-1');
    assert.equal(headers['openai-project'], 'proj_1');
    const without = await receive(t, { organization: null });
    assert.equal(without.headers['openai-organization'], undefined);
  });

  it('lacks the headers that are null', async (t) => {
    const { headers } = await receive(
      t,
      { apiKey: 'sk-1', defaultHeaders: { 'X-A': '1', authorization: null } },
      { headers: [['x-a', null]] },
    );
    assert.equal(headers.authorization, undefined);
    assert.equal(headers['x-a'], undefined);
  });

  it('takes headers as an object, a list or Headers, and passes over undefined', async (t) => {
    const { headers } = await receive(
      t,
      { defaultHeaders: new Headers({ 'x-a': '1' }) },
      { headers: { 'x-a': undefined, 'x-b': '2' } },
    );
    assert.deepEqual([headers['x-a'], headers['x-b']], ['1', '2']);
  });

  it('has the default query, and that of the call', async (t) => {
    const { url } = await receive(t, { defaultQuery: { a: '1', b: '2' } }, { query: { b: '3', c: '4' } });
    assert.equal(url, '/v1/chat/completions/chatcmpl-1?a=1&b=3&c=4');
  });

  it('asks a function for the key, before each attempt', async (t) => {
    let count = 0;
    const server = await listen(t, json({}, 500, { 'retry-after-ms': '0' }));
    const apiKey = async () => `sk-${(count += 1)}`;
    const options = { baseURL: server.baseURL, apiKey, retry, maxRetries: 1 };
    await assert.rejects(getChatCompletion(options, 'chatcmpl-1'));
    const sent = server.requests.map(({ headers }) => headers.authorization);
    assert.deepEqual(sent, ['Bearer sk-1', 'Bearer sk-2']);
  });

  it('fails with what that function throws, without a request', async (t) => {
    const server = await listen(t, json({}));
    const apiKey = () => Promise.reject(new Error('locked'));
    await assert.rejects(getChatCompletion({ baseURL: server.baseURL, apiKey }, 'chatcmpl-1'), /locked/);
    assert.deepEqual(server.requests, []);
  });

  it('has no header of telemetry, which the CORS of many servers refuses', async (t) => {
    const { headers } = await receive(t, {});
    assert.deepEqual(
      Object.keys(headers).filter((name) => name.startsWith('x-')),
      [],
    );
  });

  it('goes to fetch with the options of the client and of the call', async () => {
    const seen: RequestInit[] = [];
    const fetch: typeof globalThis.fetch = async (_, init = {}) => {
      seen.push(init);
      return Response.json({});
    };
    const options = { fetch, fetchOptions: { cache: 'no-store', keepalive: true } } as const;
    await getChatCompletion(options, 'chatcmpl-1', { fetchOptions: { cache: 'reload', method: 'PUT' } });
    assert.deepEqual([seen[0]?.cache, seen[0]?.keepalive, seen[0]?.method], ['reload', true, 'GET']);
  });
});
