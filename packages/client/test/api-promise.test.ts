import assert from 'node:assert/strict';
import { describe, it, type TestContext } from 'node:test';
import { setImmediate } from 'node:timers/promises';

import { APIPromise } from '../src/api-promise.ts';
import { NotFoundError } from '../src/errors.ts';
import { Lifetime } from '../src/lifetime.ts';
import { createChatCompletion } from '../src/operations/create-chat-completion.ts';
import { requestJson } from '../src/request.ts';
import { Stream } from '../src/stream.ts';
import { events, json, listen, type Answer } from './listen.ts';

const BODY = { id: 'chatcmpl-1' };

async function get(t: TestContext, answer: Answer): Promise<{ promise: APIPromise<unknown> }> {
  const { baseURL } = await listen(t, answer);
  // In an object, so that it is not awaited on its way.
  return { promise: requestJson({ baseURL, apiKey: null }, { method: 'GET', path: '/x' }) };
}

/** A promise that counts how often its answer is parsed. */
function count(response: Promise<Response> = Promise.resolve(Response.json(BODY))): {
  promise: APIPromise<unknown>;
  parsings: () => number;
} {
  let parsings = 0;
  const head = response.then((answer) => ({
    response: answer,
    lifetime: new Lifetime(null),
    idleTimeout: false as const,
  }));
  const promise = new APIPromise(head, async (answer) => {
    parsings += 1;
    return answer.response.json();
  });
  return { promise, parsings: () => parsings };
}

const fail = () => Promise.reject(new Error('no answer'));

/** What nobody handled while `run` ran, and a turn of the event loop longer. */
async function collectUnhandled(run: () => Promise<void>): Promise<unknown[]> {
  const unhandled: unknown[] = [];
  const onUnhandled = (reason: unknown) => unhandled.push(reason);
  // The runner's own listener would fail the test.
  const others = process.listeners('unhandledRejection');
  process.removeAllListeners('unhandledRejection').on('unhandledRejection', onUnhandled);
  try {
    await run();
    await setImmediate();
    await setImmediate();
  } finally {
    process.removeAllListeners('unhandledRejection');
    for (const listener of others) process.on('unhandledRejection', listener);
  }
  return unhandled;
}

describe('an operation’s promise', () => {
  it('gives the parsed answer', async (t) => {
    const { promise } = await get(t, json(BODY));
    assert.deepEqual(await promise, BODY);
  });

  it('parses the answer once, however often it is awaited', async () => {
    const { promise, parsings } = count();
    const [first, second, { data }] = await Promise.all([promise, promise, promise.withResponse()]);
    assert.equal(first, second);
    assert.equal(first, data);
    assert.equal(await promise, first);
    assert.equal(parsings(), 1);
  });

  it('does not parse the answer unless it is awaited', async () => {
    const { promise, parsings } = count();
    assert.deepEqual(await (await promise.asResponse()).json(), BODY);
    assert.equal(parsings(), 0);
  });

  it('chains like any other', async () => {
    assert.deepEqual(await count().promise.then(undefined), BODY);
    assert.deepEqual(await count().promise.then((body) => [body]), [BODY]);
    assert.equal(await count(fail()).promise.then(null, String), 'Error: no answer');
    assert.equal(await count(fail()).promise.catch(String), 'Error: no answer');
    assert.deepEqual(await count().promise.catch(String), BODY);
    await assert.rejects(count(fail()).promise.catch(null), /no answer/);
  });

  it('is named in what is printed', () => {
    assert.equal(count().promise[Symbol.toStringTag], 'APIPromise');
  });
});

describe('finally', () => {
  it('runs after an answer and after an error, which pass through', async () => {
    let runs = 0;
    const run = () => {
      runs += 1;
      return 'ignored';
    };
    assert.deepEqual(await count().promise.finally(run), BODY);
    await assert.rejects(count(fail()).promise.finally(run), /no answer/);
    assert.equal(runs, 2);
    assert.deepEqual(await count().promise.finally(null), BODY);
  });

  it('waits for what it runs', async () => {
    let isClean = false;
    await count().promise.finally(async () => {
      await setImmediate();
      isClean = true;
    });
    assert.equal(isClean, true);
  });

  it('fails with what it runs', async () => {
    const failing = () => Promise.reject(new Error('not clean'));
    await assert.rejects(count().promise.finally(failing), /not clean/);
  });
});

describe('asResponse', () => {
  it('gives the response, its body unread', async (t) => {
    const { promise } = await get(t, json(BODY, 200, { 'x-request-id': 'req_1' }));
    const response = await promise.asResponse();
    assert.deepEqual([response.status, response.headers.get('x-request-id')], [200, 'req_1']);
    assert.equal(response.bodyUsed, false);
    assert.deepEqual(await response.json(), BODY);
  });

  it('gives it before the body has come', async (t) => {
    const { promise } = await get(t, (response) => {
      response.writeHead(200, { 'content-length': '100' });
      response.flushHeaders();
    });
    assert.equal((await promise.asResponse()).status, 200);
  });

  it('gives the events of a stream as bytes', async (t) => {
    const { baseURL } = await listen(t, events('data: [DONE]\n\n'));
    const call = createChatCompletion({ baseURL }, { model: 'small', messages: [], stream: true });
    assert.equal(await (await call.asResponse()).text(), 'data: [DONE]\n\n');
  });

  it('rejects as the operation does', async (t) => {
    const { promise } = await get(t, json({ error: { message: 'No.' } }, 404));
    await assert.rejects(promise.asResponse(), NotFoundError);
    await assert.rejects(promise, NotFoundError);
  });
});

describe('withResponse', () => {
  it('gives the answer, its response and its request id', async (t) => {
    const { promise } = await get(t, json(BODY, 200, { 'x-request-id': 'req_1' }));
    const { data, response, request_id } = await promise.withResponse();
    assert.deepEqual([data, request_id, response.status], [BODY, 'req_1', 200]);
    assert.equal(response, await promise.asResponse());
  });

  it('has null for an id that did not come', async (t) => {
    const { promise } = await get(t, json(BODY));
    assert.equal((await promise.withResponse()).request_id, null);
  });

  it('gives a stream with its response', async (t) => {
    const { baseURL } = await listen(t, events('data: [DONE]\n\n', { 'x-request-id': 'req_1' }));
    const call = createChatCompletion({ baseURL }, { model: 'small', messages: [], stream: true });
    const { data, request_id } = await call.withResponse();
    assert.ok(data instanceof Stream);
    assert.deepEqual(await Array.fromAsync(data), []);
    assert.equal(request_id, 'req_1');
  });

  it('rejects as the operation does', async (t) => {
    const { promise } = await get(t, json({ error: { message: 'No.' } }, 404));
    await assert.rejects(promise.withResponse(), NotFoundError);
  });
});

describe('a failed operation', () => {
  const handle = (promise: Promise<unknown>) => assert.rejects(promise, /no answer/);

  for (const [name, run] of [
    ['await', (promise: APIPromise<unknown>) => handle(promise)],
    ['asResponse', (promise: APIPromise<unknown>) => handle(promise.asResponse())],
    ['withResponse', (promise: APIPromise<unknown>) => handle(promise.withResponse())],
    ['catch', (promise: APIPromise<unknown>) => promise.catch(() => undefined)],
  ] as const) {
    it(`leaves no rejection unhandled behind ${name}`, async () => {
      assert.deepEqual(await collectUnhandled(async () => void (await run(count(fail()).promise))), []);
    });
  }

  it('does not go unnoticed if nobody handles it', async () => {
    const unhandled = await collectUnhandled(async () => void count(fail()));
    assert.deepEqual(unhandled, [new Error('no answer')]);
  });
});
