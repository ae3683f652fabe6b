import assert from 'node:assert/strict';
import { getEventListeners } from 'node:events';
import { describe, it, type TestContext } from 'node:test';

import {
  APIConnectionError,
  APIConnectionTimeoutError,
  APIError,
  APIUserAbortError,
  InternalServerError,
  RateLimitError,
} from '../src/errors.ts';
import { createChatCompletion } from '../src/operations/create-chat-completion.ts';
import { getChatCompletion } from '../src/operations/get-chat-completion.ts';
import type { ClientOptions, RequestOptions } from '../src/options.ts';
import { isRetryable, retry, retryDelayMs } from '../src/retry.ts';
import { events, json, listen, type Answer, type TestServer } from './listen.ts';

const AT_ONCE = { 'retry-after-ms': '0' };
const STORED = { id: 'chatcmpl-1', choices: [] };
const HELLO = { model: 'small', messages: [{ role: 'user' as const, content: 'Hello' }] };

/** Answers the first request with the first of these, and so on; all further ones with the last. */
async function listenInTurn(t: TestContext, ...answers: [Answer, ...Answer[]]): Promise<TestServer> {
  let count = 0;
  return listen(t, (response, request) => {
    const answer = answers[Math.min(count, answers.length - 1)] ?? answers[0];
    count += 1;
    return answer(response, request);
  });
}

function get({ baseURL }: TestServer, options: ClientOptions = {}, requestOptions?: RequestOptions) {
  return getChatCompletion({ baseURL, retry, ...options }, 'chatcmpl-1', requestOptions);
}

async function catchError(call: PromiseLike<unknown>): Promise<unknown> {
  return call.then(
    () => assert.fail('The call succeeded'),
    (error: unknown) => error,
  );
}

describe('a failed attempt', () => {
  for (const status of [408, 409, 429, 500, 502, 503, 504]) {
    it(`is made again after ${status}`, async (t) => {
      const server = await listenInTurn(t, json({}, status, AT_ONCE), json(STORED));
      assert.deepEqual(await get(server), STORED);
      assert.equal(server.requests.length, 2);
    });
  }

  for (const status of [400, 401, 403, 404, 422]) {
    it(`is final after ${status}`, async (t) => {
      const server = await listenInTurn(t, json({}, status, AT_ONCE), json(STORED));
      assert.ok((await catchError(get(server))) instanceof APIError);
      assert.equal(server.requests.length, 1);
    });
  }

  it('is made again when the connection breaks', async (t) => {
    const server = await listenInTurn(t, (response) => response.destroy(), json(STORED));
    assert.deepEqual(await get(server), STORED);
    assert.equal(server.requests.length, 2);
  });

  it('is made again when it takes longer than timeout', async (t) => {
    const server = await listenInTurn(t, () => undefined, json(STORED));
    assert.deepEqual(await get(server, { timeout: 50 }), STORED);
    assert.equal(server.requests.length, 2);
  });

  it('is made twice more, and then its error is thrown', async (t) => {
    const server = await listen(t, json({ error: { message: 'Busy.' } }, 503, AT_ONCE));
    assert.ok((await catchError(get(server))) instanceof InternalServerError);
    assert.equal(server.requests.length, 3);
  });

  it('is made as often as maxRetries says, for the client or for one call', async (t) => {
    const server = await listen(t, json({}, 500, AT_ONCE));
    await catchError(get(server, { maxRetries: 0 }));
    assert.equal(server.requests.length, 1);
    await catchError(get(server, { maxRetries: 0 }, { maxRetries: 3 }));
    assert.equal(server.requests.length, 5);
  });

  it('is made again for a stream too, before its head has come', async (t) => {
    const done = events('data: [DONE]\n\n');
    const server = await listenInTurn(t, json({}, 500, AT_ONCE), done);
    const stream = await createChatCompletion({ baseURL: server.baseURL, retry }, { ...HELLO, stream: true });
    for await (const chunk of stream) assert.fail(`A chunk: ${JSON.stringify(chunk)}`);
    assert.equal(server.requests.length, 2);
  });

  it('is sent with the same body and headers', async (t) => {
    const server = await listenInTurn(t, json({}, 500, AT_ONCE), json(STORED));
    await createChatCompletion({ baseURL: server.baseURL, retry, apiKey: 'sk-1' }, { ...HELLO, store: true });
    const [first, second] = server.requests;
    assert.equal(second?.text, first?.text);
    assert.deepEqual(second?.headers, first?.headers);
    assert.match(String(first?.headers['idempotency-key']), /^\d+(-\d+){3}$/);
  });
});

describe('an idempotency key', () => {
  it('is new for each completion that is to be stored', async (t) => {
    const server = await listen(t, json(STORED));
    const options = { baseURL: server.baseURL, retry };
    await createChatCompletion(options, { ...HELLO, store: true });
    await createChatCompletion(options, { ...HELLO, store: true });
    const [first, second] = server.requests.map(({ headers }) => headers['idempotency-key']);
    assert.notEqual(first, second);
  });

  it('is not sent otherwise, since the CORS of many servers refuses it', async (t) => {
    const server = await listen(t, json(STORED));
    await createChatCompletion({ baseURL: server.baseURL, retry }, HELLO);
    assert.equal(server.requests[0]?.headers['idempotency-key'], undefined);
  });

  it('may be the caller’s own', async (t) => {
    const server = await listen(t, json(STORED));
    await get(server, {}, { idempotencyKey: 'mine' });
    assert.equal(server.requests[0]?.headers['idempotency-key'], 'mine');
  });
});

describe('a function', () => {
  it('makes one attempt, unless it is given retry', async (t) => {
    const server = await listenInTurn(t, json({}, 500, AT_ONCE), json(STORED));
    assert.ok((await catchError(get(server, { retry: undefined }))) instanceof InternalServerError);
    assert.equal(server.requests.length, 1);
    assert.deepEqual(await get(server, { retry }), STORED);
  });
});

describe('x-should-retry', () => {
  it('decides, whatever the status', () => {
    const answer = (status: number, advice: string) =>
      isRetryable(new APIError(status, undefined, '', new Headers({ 'x-should-retry': advice })));
    assert.equal(answer(400, 'true'), true);
    assert.equal(answer(503, 'false'), false);
    assert.equal(answer(503, 'perhaps'), true);
    assert.equal(answer(400, ''), false);
  });
});

describe('the delay before an attempt', () => {
  const delay = (headers: Record<string, string>) => retryDelayMs(new Headers(headers), 0);
  const isOwn = (ms: number) => ms > 375 && ms <= 500;

  it('is what the server asks for', () => {
    assert.equal(delay({ 'retry-after-ms': '1500', 'retry-after': '9' }), 1500);
    assert.equal(delay({ 'retry-after': '2' }), 2000);
    assert.equal(delay({ 'retry-after': '0' }), 0);
    assert.equal(delay({ 'retry-after': new Date(0).toUTCString() }), 0);
    const ahead = delay({ 'retry-after': new Date(Date.now() + 30_000).toUTCString() });
    assert.ok(ahead > 20_000 && ahead <= 30_000);
  });

  it('is the client’s own if that makes no sense', () => {
    for (const value of ['', 'soon', '-1', 'NaN']) {
      assert.ok(isOwn(delay({ 'retry-after': value })), value);
      assert.ok(isOwn(delay({ 'retry-after-ms': value })), value);
    }
    assert.ok(isOwn(retryDelayMs(undefined, 0)));
  });

  it('doubles with each attempt, up to eight seconds, less up to a quarter', () => {
    for (const [attempt, most] of [500, 1000, 2000, 4000, 8000, 8000, 8000].entries()) {
      const ms = retryDelayMs(undefined, attempt);
      assert.ok(ms > most * 0.75 - 1 && ms <= most, `${attempt}: ${ms}`);
    }
  });

  it('has a cap: a server that asks for more fails at once, where openai waits or asks too early', async (t) => {
    const server = await listen(t, json({}, 429, { 'retry-after': '61' }));
    assert.ok((await catchError(get(server))) instanceof RateLimitError);
    assert.equal(server.requests.length, 1);
    const quick = await listenInTurn(t, json({}, 429, { 'retry-after-ms': '20' }), json(STORED));
    assert.ok((await catchError(get(quick, { maxRetryDelay: 19 }))) instanceof RateLimitError);
    assert.deepEqual(await get(quick, {}, { maxRetryDelay: 20 }), STORED);
  });

  it('ends when the caller’s signal fires', async (t) => {
    const controller = new AbortController();
    const server = await listen(t, (response, request) => {
      json({}, 500, { 'retry-after': '50' })(response, request);
      response.once('close', () => controller.abort());
    });
    const error = await catchError(get(server, {}, { signal: controller.signal }));
    assert.ok(error instanceof APIUserAbortError);
    assert.equal(server.requests.length, 1);
  });
});

describe('timeout', { timeout: 20_000 }, () => {
  it('covers the body, where openai’s ends with the head', async (t) => {
    const server = await listen(t, (response) => {
      response.writeHead(200, { 'content-type': 'application/json' });
      response.write('{"id":');
    });
    const error = await catchError(get(server, { timeout: 50 }));
    assert.ok(error instanceof APIConnectionTimeoutError);
    assert.match(error.message, /^GET \/chat\/completions\/chatcmpl-1: not answered within 50 ms$/);
  });

  it('throws a kind of APIConnectionError', async (t) => {
    const server = await listen(t, () => undefined);
    const error = await catchError(get(server, { maxRetries: 0 }, { timeout: 20 }));
    assert.ok(error instanceof APIConnectionTimeoutError);
    assert.ok(error instanceof APIConnectionError);
  });

  it('may be false, and longer than timers can wait', async (t) => {
    const server = await listen(t, (response, request) => {
      setTimeout(() => json(STORED)(response, request), 20);
    });
    for (const timeout of [false, Infinity, 2 ** 40] as const) {
      assert.deepEqual(await get(server, { timeout, maxRetries: 0 }), STORED);
    }
  });
});

describe('the caller’s signal', () => {
  it('has no listener left after any number of calls, however they ended', async (t) => {
    const { signal } = new AbortController();
    const count = () => getEventListeners(signal, 'abort').length;
    const good = await listen(t, json(STORED));
    const bad = await listen(t, json({}, 500, AT_ONCE));
    const done = await listen(t, events('data: [DONE]\n\n'));
    const cut = await listen(t, events('data: {"choices":[]}\n\n'));
    for (let call = 0; call < 20; call += 1) {
      await get(good, {}, { signal });
      await catchError(get(bad, {}, { signal }));
      for (const { baseURL } of [done, cut]) {
        const stream = await createChatCompletion({ baseURL, retry }, { ...HELLO, stream: true }, { signal });
        await Array.fromAsync(stream).catch(() => undefined);
      }
    }
    assert.equal(count(), 0);
  });
});
