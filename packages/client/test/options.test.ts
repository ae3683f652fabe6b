import assert from 'node:assert/strict';
import { afterEach, beforeEach, describe, it } from 'node:test';
import type { TestContext } from 'node:test';

import { ColloquyError } from '../src/errors.ts';
import { getChatCompletion } from '../src/operations/get-chat-completion.ts';
import { resolveOptions, type ClientOptions, type RequestOptions } from '../src/options.ts';
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

/** What a call sends under these options. */
async function send(
  t: TestContext,
  options: ClientOptions,
  requestOptions?: RequestOptions,
): Promise<ReceivedRequest> {
  const server = await listen(t, json({}));
  await getChatCompletion({ baseURL: server.baseURL, ...options }, 'chatcmpl-1', requestOptions);
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
  it('is OpenAI’s, if not given', () => {
    assert.equal(resolveOptions().baseURL, 'https://api.openai.com/v1');
    assert.equal(resolveOptions({ baseURL: null }).baseURL, 'https://api.openai.com/v1');
  });

  it('comes from OPENAI_BASE_URL, if not given', () => {
    process.env['OPENAI_BASE_URL'] = ' http://127.0.0.1:8787/v1/ ';
    assert.equal(resolveOptions().baseURL, 'http://127.0.0.1:8787/v1');
    assert.equal(resolveOptions({ baseURL: 'http://127.0.0.1:1/v1' }).baseURL, 'http://127.0.0.1:1/v1');
    process.env['OPENAI_BASE_URL'] = '';
    assert.equal(resolveOptions().baseURL, 'https://api.openai.com/v1');
  });

  it('may end in slashes, and have any path or none', async (t) => {
    const server = await listen(t, json({}));
    const origin = server.baseURL.slice(0, -'/v1'.length);
    for (const path of ['', '/', '/v1', '/v1/', '/v1//', '/openai/v1/']) {
      await getChatCompletion({ baseURL: origin + path }, 'chatcmpl-1');
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
    it(`is refused by its name if it is "${baseURL}"`, async () => {
      const isClear = (error: unknown) =>
        error instanceof ColloquyError && error.message.startsWith(`baseURL: "${baseURL}"`);
      assert.throws(() => resolveOptions({ baseURL }), isClear);
      await assert.rejects(getChatCompletion({ baseURL }, 'chatcmpl-1'), isClear);
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
    const { fetch } = resolveOptions();
    t.mock.method(globalThis, 'fetch', async () => Response.json({ mocked: true }));
    assert.deepEqual(await (await fetch('http://nowhere.invalid')).json(), { mocked: true });
  });
});

describe('resolved options', () => {
  it('resolve to themselves', () => {
    process.env['OPENAI_API_KEY'] = 'sk-2';
    const resolved = resolveOptions({
      apiKey: null,
      baseURL: 'http://127.0.0.1:1/v1/',
      defaultHeaders: { a: 'b' },
    });
    assert.deepEqual(resolveOptions(resolved), resolved);
  });
});
