import assert from 'node:assert/strict';
import { once } from 'node:events';
import type { ServerResponse } from 'node:http';
import { describe, it, type TestContext } from 'node:test';
import { setImmediate, setTimeout } from 'node:timers/promises';

import type { ChatCompletionChunk } from '@colloquy/client/contract';

import {
  APIConnectionError,
  APIConnectionTimeoutError,
  APIError,
  APIUserAbortError,
  ColloquyError,
} from '../src/errors.ts';
import { createChatCompletion } from '../src/operations/create-chat-completion.ts';
import type { RequestOptions } from '../src/options.ts';
import { Stream } from '../src/stream.ts';
import { delta, finish } from './chunks.ts';
import { events, json, listen, type Answer, type TestServer } from './listen.ts';

const HELLO = [delta({ role: 'assistant', content: '' }), delta({ content: 'Hello.' }), finish()];
const DONE = 'data: [DONE]\n\n';

function write(chunks: readonly object[]): string {
  return chunks.map((chunk) => `data: ${JSON.stringify(chunk)}\n\n`).join('');
}

async function ask(server: TestServer, options?: RequestOptions): Promise<Stream<ChatCompletionChunk>> {
  const messages = [{ role: 'user', content: 'Hello' } as const];
  const { baseURL } = server;
  return createChatCompletion({ baseURL, apiKey: null }, { model: 'small', messages, stream: true }, options);
}

async function open(t: TestContext, answer: Answer): Promise<Stream<ChatCompletionChunk>> {
  return ask(await listen(t, answer));
}

/** A stream that is never more than these chunks, and a promise of its end by the other side. */
async function openEndless(
  t: TestContext,
  text: string,
  options?: RequestOptions,
): Promise<{ stream: Stream<ChatCompletionChunk>; response: ServerResponse; closed: Promise<unknown> }> {
  const { promise, resolve } = Promise.withResolvers<ServerResponse>();
  const server = await listen(t, (response) => {
    response.writeHead(200, { 'content-type': 'text/event-stream' });
    response.write(text);
    resolve(response);
  });
  const stream = await ask(server, options);
  const response = await promise;
  return { stream, response, closed: once(response, 'close') };
}

/** What the stream gives, and what it throws at its end. */
async function read(stream: AsyncIterable<unknown>): Promise<{ items: unknown[]; error: unknown }> {
  const items: unknown[] = [];
  try {
    for await (const item of stream) items.push(item);
  } catch (error) {
    return { items, error };
  }
  return { items, error: undefined };
}

async function leaveAtOnce(stream: AsyncIterable<unknown>): Promise<void> {
  for await (const item of stream) if (item) break;
}

async function readError(t: TestContext, text: string): Promise<APIError> {
  const { items, error } = await read(await open(t, events(text, { 'x-request-id': 'req_1' })));
  assert.ok(error instanceof APIError, String(error));
  assert.deepEqual(items, []);
  return error;
}

describe('a stream', () => {
  it('gives its chunks as they were sent', async (t) => {
    const stream = await open(t, events(write(HELLO) + DONE));
    assert.deepEqual(await read(stream), { items: HELLO, error: undefined });
  });

  it('gives a chunk as soon as it has come', async (t) => {
    const { stream, response } = await openEndless(t, write(HELLO.slice(0, 1)));
    const chunks = stream[Symbol.asyncIterator]();
    assert.deepEqual(await chunks.next(), { done: false, value: HELLO[0] });
    response.end(write(HELLO.slice(1)) + DONE);
    assert.deepEqual(await read({ [Symbol.asyncIterator]: () => chunks }), {
      items: HELLO.slice(1),
      error: undefined,
    });
  });

  it('passes over comments, and events that have no data', async (t) => {
    const text = `: OPENROUTER PROCESSING\n\n${write(HELLO)}: keep-alive\n\nevent: ping\n\n${DONE}`;
    assert.deepEqual((await read(await open(t, events(text)))).items, HELLO);
  });

  it('reads events whatever their name', async (t) => {
    const text = `event: completion.chunk\n${write(HELLO.slice(0, 1))}${DONE}`;
    assert.deepEqual((await read(await open(t, events(text)))).items, HELLO.slice(0, 1));
  });

  it('ends at [DONE], whatever follows', async (t) => {
    const stream = await open(t, events(`${write(HELLO)}${DONE}${write(HELLO)}data: {]\n\n`));
    assert.deepEqual(await read(stream), { items: HELLO, error: undefined });
  });

  it('ends at a [DONE] without a blank line, when the answer ends', async (t) => {
    const stream = await open(t, events(`${write(HELLO)}data: [DONE]`));
    assert.deepEqual(await read(stream), { items: HELLO, error: undefined });
  });

  it('ends without [DONE], when the answer ends', async (t) => {
    const stream = await open(t, events(write(HELLO).trimEnd()));
    assert.deepEqual(await read(stream), { items: HELLO, error: undefined });
  });

  it('may be empty', async (t) => {
    assert.deepEqual(await read(await open(t, events(DONE))), { items: [], error: undefined });
  });

  it('gives its chunks in the order of asking, however many are asked for at once', async (t) => {
    const stream = await open(t, events(write(HELLO) + DONE));
    const chunks = stream[Symbol.asyncIterator]();
    const results = await Promise.all([chunks.next(), chunks.next(), chunks.next(), chunks.next()]);
    assert.deepEqual(
      results.map(({ value }) => value),
      [...HELLO, undefined],
    );
  });

  it('stays over when it was left while a chunk was under way', async () => {
    const { promise, resolve } = Promise.withResolvers<readonly number[]>();
    const source = { read: () => promise, leave: () => undefined };
    const numbers = new Stream(source, new AbortController())[Symbol.asyncIterator]();
    const first = numbers.next();
    await numbers.return?.();
    resolve([1, 2]);
    assert.deepEqual(await first, { done: true, value: undefined });
    assert.deepEqual(await numbers.next(), { done: true, value: undefined });
  });

  it('is read once', async (t) => {
    const stream = await open(t, events(write(HELLO) + DONE));
    await read(stream);
    const { items, error } = await read(stream);
    assert.deepEqual(items, []);
    assert.ok(error instanceof ColloquyError);
    assert.match(error.message, /read once/);
  });

  it('is not disturbed by an attempt to read it a second time', async (t) => {
    const stream = await open(t, events(write(HELLO) + DONE));
    const chunks = stream[Symbol.asyncIterator]();
    await chunks.next();
    assert.ok((await read(stream)).error instanceof ColloquyError);
    assert.deepEqual((await read({ [Symbol.asyncIterator]: () => chunks })).items, HELLO.slice(1));
  });
});

describe('the connection', { timeout: 20_000 }, () => {
  it('ends when the caller leaves the loop', async (t) => {
    const { stream, closed } = await openEndless(t, write(HELLO));
    await leaveAtOnce(stream);
    await closed;
    assert.equal(stream.controller.signal.aborted, true);
  });

  it('ends when the caller’s loop throws, whose error is not replaced', async (t) => {
    const { stream, closed } = await openEndless(t, write(HELLO));
    const mine = new Error('mine');
    await assert.rejects(async () => {
      for await (const chunk of stream) if (chunk) throw mine;
    }, mine);
    await closed;
  });

  it('ends when the server goes on after [DONE]', async (t) => {
    const { stream, response, closed } = await openEndless(t, write(HELLO) + DONE);
    assert.deepEqual(await read(stream), { items: HELLO, error: undefined });
    response.write(': and another thing\n\n');
    await closed;
  });

  it('ends when the server does not end its answer after [DONE]', async (t) => {
    const { stream, closed } = await openEndless(t, write(HELLO) + DONE);
    assert.deepEqual(await read(stream), { items: HELLO, error: undefined });
    await closed;
  });

  it('ends after an error event', async (t) => {
    const { stream, closed } = await openEndless(t, write([{ error: { message: 'no' } }]));
    assert.ok((await read(stream)).error instanceof APIError);
    await closed;
  });

  it('ends after an event that is not JSON', async (t) => {
    const { stream, closed } = await openEndless(t, 'data: {]\n\n');
    assert.ok((await read(stream)).error instanceof ColloquyError);
    await closed;
  });

  it('serves the next request after a stream that was read to its end', async (t) => {
    const server = await listen(t, events(write(HELLO) + DONE));
    for (let i = 0; i < 5; i += 1) {
      await read(await ask(server));
      // Node's fetch gives a connection back one turn of the event loop after the answer, plain answers too.
      await setImmediate();
    }
    assert.equal(server.requests.length, 5);
    assert.equal(new Set(server.requests.map((request) => request.socket)).size, 1);
  });

  it('leaves no timer behind that would keep the process waiting', async (t) => {
    const countTimers = () => process.getActiveResourcesInfo().filter((name) => name === 'Timeout').length;
    const before = countTimers();
    await read(await open(t, events(write(HELLO) + DONE)));
    await setImmediate();
    assert.equal(countTimers(), before);
  });

  it('does not count as used up when a whole stream was read: the signal stays silent', async (t) => {
    const stream = await open(t, events(write(HELLO) + DONE));
    await read(stream);
    assert.equal(stream.controller.signal.aborted, false);
  });
});

describe('a stream that is cut short', () => {
  const [first, second] = HELLO;
  const ENDS = {
    'before its first event': '',
    'after a comment': ': nothing\n\n',
    'before a reason for its end': write([first, second] as object[]),
    'in the middle of an event': `${write([first] as object[])}data: {"id":"chatcmpl-1","choi`,
    'when only one of two choices has ended': write([
      { choices: [{ index: 0 }, { index: 1, finish_reason: 'stop' }] },
    ]),
  };
  for (const [place, text] of Object.entries(ENDS)) {
    it(`throws, where openai ends as if it were whole: ${place}`, async (t) => {
      const { error } = await read(await open(t, events(text)));
      assert.ok(error instanceof APIConnectionError, String(error));
      assert.match(error.message, /ended before the completion did/);
    });
  }

  it('is whole without [DONE] if a chunk follows the end of its choices', async (t) => {
    const usage = { choices: [{ index: 0, finish_reason: null }], usage: {} };
    const { items, error } = await read(await open(t, events(write([...HELLO, usage]))));
    assert.equal(error, undefined);
    assert.equal(items.length, 4);
  });
});

describe('a stream that stalls', { timeout: 20_000 }, () => {
  it('throws when no event comes within idleTimeout, also while comments come', async (t) => {
    const { stream, response, closed } = await openEndless(t, write(HELLO), { idleTimeout: 60 });
    const timer = setInterval(() => response.write(': keep-alive\n\n'), 5);
    t.after(() => clearInterval(timer));
    const { items, error } = await read(stream);
    assert.deepEqual(items, HELLO);
    assert.ok(error instanceof APIConnectionTimeoutError);
    assert.match(error.message, /within 60 ms/);
    await closed;
  });

  it('does not count the time that the caller takes for a chunk', async (t) => {
    const stream = await ask(await listen(t, events(write(HELLO) + DONE)), {
      idleTimeout: 40,
      timeout: 5000,
    });
    const items: unknown[] = [];
    for await (const chunk of stream) {
      items.push(chunk);
      await setTimeout(60);
    }
    assert.deepEqual(items, HELLO);
  });

  it('is not bound by timeout once its head has come', async (t) => {
    const { stream, response } = await openEndless(t, write(HELLO.slice(0, 1)), { timeout: 500 });
    const reading = read(stream);
    await setTimeout(700);
    response.end(write(HELLO.slice(1)) + DONE);
    assert.deepEqual(await reading, { items: HELLO, error: undefined });
  });
});

describe('a connection that breaks', () => {
  it('throws APIConnectionError after the chunks that came', async (t) => {
    const { stream, response } = await openEndless(t, write(HELLO));
    const chunks = stream[Symbol.asyncIterator]();
    await chunks.next();
    response.destroy();
    const { error } = await read({ [Symbol.asyncIterator]: () => chunks });
    assert.ok(error instanceof APIConnectionError, String(error));
    assert.ok(error.cause instanceof Error);
    assert.equal(error.status, undefined);
  });
});

describe('the caller’s signal', { timeout: 20_000 }, () => {
  it('refuses the call if it has fired before', async (t) => {
    const server = await listen(t, events(write(HELLO) + DONE));
    await assert.rejects(ask(server, { signal: AbortSignal.abort() }), APIUserAbortError);
    assert.deepEqual(server.requests, []);
  });

  it('ends the call while it waits for the head of the answer', async (t) => {
    const controller = new AbortController();
    const { promise, resolve } = Promise.withResolvers<ServerResponse>();
    const server = await listen(t, resolve);
    const call = ask(server, { signal: controller.signal });
    const response = await promise;
    controller.abort();
    await assert.rejects(call, APIUserAbortError);
    if (!response.closed) await once(response, 'close');
  });

  it('ends a stream that nobody has begun to read', async (t) => {
    const controller = new AbortController();
    const { stream, closed } = await openEndless(t, write(HELLO), { signal: controller.signal });
    controller.abort();
    await closed;
    const { items, error } = await read(stream);
    assert.deepEqual(items, []);
    assert.ok(error instanceof APIUserAbortError, String(error));
  });

  it('ends the iteration while it waits', async (t) => {
    const controller = new AbortController();
    const { stream, closed } = await openEndless(t, write(HELLO), { signal: controller.signal });
    const chunks = stream[Symbol.asyncIterator]();
    for (const chunk of HELLO) assert.deepEqual((await chunks.next()).value, chunk);
    const next = chunks.next();
    controller.abort(new Error('enough'));
    await assert.rejects(next, (error) => {
      assert.ok(error instanceof APIUserAbortError);
      assert.deepEqual(error.cause, new Error('enough'));
      return true;
    });
    await closed;
  });

  it('keeps back chunks that came with the last one', async (t) => {
    const controller = new AbortController();
    const server = await listen(t, events(write(HELLO) + DONE));
    const stream = await ask(server, { signal: controller.signal });
    const chunks = stream[Symbol.asyncIterator]();
    await chunks.next();
    controller.abort();
    await assert.rejects(chunks.next(), APIUserAbortError);
  });

  it('may be the stream’s own', async (t) => {
    const { stream, closed } = await openEndless(t, write(HELLO));
    const chunks = stream[Symbol.asyncIterator]();
    await chunks.next();
    stream.controller.abort();
    await assert.rejects(chunks.next(), APIUserAbortError);
    await closed;
  });

  it('is left alone by the stream’s own', async (t) => {
    const controller = new AbortController();
    const { stream, closed } = await openEndless(t, write(HELLO), { signal: controller.signal });
    await leaveAtOnce(stream);
    await closed;
    assert.equal(controller.signal.aborted, false);
  });
});

describe('an error in the stream', () => {
  it('is thrown with what it says, after the chunks that came', async (t) => {
    const error = {
      message: 'Overloaded.',
      type: 'server_error',
      param: 'model',
      code: 'server_is_overloaded',
    };
    const text = write([...HELLO.slice(0, 2), { error }]);
    const { items, error: thrown } = await read(await open(t, events(text, { 'x-request-id': 'req_1' })));
    assert.deepEqual(items, HELLO.slice(0, 2));
    assert.ok(thrown instanceof APIError);
    const { message, type, param, code, status, requestID } = thrown;
    assert.deepEqual({ message, type, param, code }, error);
    assert.deepEqual([status, requestID, thrown.error], [undefined, 'req_1', error]);
  });

  it('may be a text', async (t) => {
    assert.equal((await readError(t, write([{ error: 'Overloaded.' }]))).message, 'Overloaded.');
  });

  it('may be anything that is not false', async (t) => {
    assert.equal((await readError(t, write([{ error: 503 }]))).message, '503');
    assert.match((await readError(t, write([{ error: {} }]))).message, /reported an error/);
  });

  it('may have a number for its code, as from vLLM, and [DONE] behind it', async (t) => {
    const error = { object: 'error', message: 'Bad.', type: 'BadRequestError', param: null, code: 400 };
    assert.equal((await readError(t, write([{ error }]) + DONE)).code, '400');
  });

  it('may be without an envelope, as from older vLLM', async (t) => {
    const { message, type } = await readError(
      t,
      write([{ object: 'error', message: 'Bad.', type: 'BadRequestError', code: 400 }]),
    );
    assert.deepEqual([message, type], ['Bad.', 'BadRequestError']);
  });

  it('may be an event of that name, as from LM Studio', async (t) => {
    const named = (body: object) => readError(t, `event: error\n${write([body])}`);
    assert.equal((await named({ error: { message: 'Bad.' }, message: 'Worse.' })).message, 'Bad.');
    const { message, code } = await named({ message: 'Bad.', code: 'bad' });
    assert.deepEqual([message, code], ['Bad.', 'bad']);
  });

  it('may be an event of that name that holds plain text', async (t) => {
    assert.equal((await readError(t, 'event: error\ndata: Out of memory\n\n')).message, 'Out of memory');
    assert.equal((await readError(t, 'event: error\ndata: "Out of memory"\n\n')).message, 'Out of memory');
  });

  it('may stand beside choices, as from OpenRouter', async (t) => {
    const error = { code: 502, message: 'Provider disconnected' };
    const { code, message } = await readError(t, write([{ ...finish('error'), error }]));
    assert.deepEqual([code, message], ['502', 'Provider disconnected']);
  });

  it('is none if it is null', async (t) => {
    const chunk = { ...finish(), error: null };
    assert.deepEqual((await read(await open(t, events(write([chunk]) + DONE)))).items, [chunk]);
  });
});

describe('an event that is not JSON', () => {
  it('throws an error that shows its beginning', async (t) => {
    const stream = await open(t, events(`${write(HELLO)}data: <html>${'x'.repeat(500)}\n\n`));
    const { items, error } = await read(stream);
    assert.deepEqual(items, HELLO);
    assert.ok(error instanceof ColloquyError);
    assert.equal(error instanceof APIError, false);
    assert.match(error.message, /not JSON: <html>x+$/);
    assert.ok(error.message.length < 300);
    assert.ok(error.cause instanceof SyntaxError);
  });
});

describe('an answer that is no stream', () => {
  it('throws the error that it holds', async (t) => {
    const error = { message: 'Loading model', type: 'unavailable_error', code: 503 };
    await assert.rejects(open(t, json({ error })), (thrown) => {
      assert.ok(thrown instanceof APIError);
      assert.deepEqual([thrown.status, thrown.message, thrown.code], [200, 'Loading model', '503']);
      return true;
    });
  });

  it('is not taken for an empty stream', async (t) => {
    await assert.rejects(
      open(t, json({ id: 'chatcmpl-1', object: 'chat.completion', choices: [] })),
      (thrown) => thrown instanceof ColloquyError && /without a stream/.test(thrown.message),
    );
  });

  it('is told by its content type, which may be missing or wrong otherwise', async (t) => {
    for (const type of ['text/plain', 'text/event-stream;charset=UTF-8', undefined]) {
      const stream = await open(t, (response) => {
        response.writeHead(200, type === undefined ? {} : { 'content-type': type });
        response.end(write(HELLO) + DONE);
      });
      assert.deepEqual((await read(stream)).items, HELLO);
    }
  });
});
