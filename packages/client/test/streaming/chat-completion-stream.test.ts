import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { getEventListeners } from 'node:events';
import { describe, it } from 'node:test';
import { setImmediate } from 'node:timers/promises';
import { promisify } from 'node:util';

import {
  APIConnectionError,
  APIError,
  APIUserAbortError,
  ColloquyError,
  InternalServerError,
} from '../../src/errors.ts';
import { chunk, delta, finish, sse, USAGE } from '../chunks.ts';
import { events, json, listen, onlyRequest } from '../listen.ts';
import { ask, MESSAGES, open, openEnded } from './ask.ts';

const HELLO = [
  delta({ role: 'assistant', content: '' }),
  delta({ content: 'Hel' }),
  delta({ content: 'lo.' }),
  finish(),
  chunk({ choices: [], usage: USAGE }),
];
const MANY = [...Array.from({ length: 1000 }, () => delta({ content: 'x' })), finish()];

function call(index: number | undefined, text: string, name?: string): object {
  const opening = name === undefined ? {} : { id: `call_${name}`, type: 'function' };
  return delta({ tool_calls: [{ index, ...opening, function: { name, arguments: text } }] });
}

describe('a stream', () => {
  it('becomes a completion', async (t) => {
    const stream = await open(t, HELLO);
    const completion = await stream.finalChatCompletion();
    assert.equal(completion.choices[0]?.message.content, 'Hello.');
    assert.deepEqual(completion.usage, USAGE);
    assert.equal(await stream.finalContent(), 'Hello.');
    assert.deepEqual(await stream.finalMessage(), completion.choices[0]?.message);
    assert.deepEqual(await stream.totalUsage(), USAGE);
    assert.equal(await stream.finalFunctionToolCall(), undefined);
    assert.equal(await stream.finalFunctionToolCallResult(), undefined);
    assert.deepEqual(stream.allChatCompletions(), [completion]);
    assert.deepEqual(stream.messages, [...MESSAGES, completion.choices[0]?.message]);
    assert.deepEqual([stream.ended, stream.errored, stream.aborted], [true, false, false]);
  });

  it('asks for a stream, and for what it was told to ask', async (t) => {
    const server = await listen(t, events(sse(...HELLO)));
    await ask(server, { seed: 7 }, { headers: { 'x-mine': '1' } }).done();
    const request = onlyRequest(server);
    assert.deepEqual(JSON.parse(request.text), { model: 'small', messages: MESSAGES, seed: 7, stream: true });
    assert.equal(request.headers['x-mine'], '1');
  });

  it('adds up no usage where there is none', async (t) => {
    const stream = await open(t, [delta({ content: 'a' }), finish()]);
    let isTold = false;
    stream.on('totalUsage', () => {
      isTold = true;
    });
    assert.deepEqual(await stream.totalUsage(), { prompt_tokens: 0, completion_tokens: 0, total_tokens: 0 });
    assert.equal(isTold, false);
  });

  it('gives the completion so far', async (t) => {
    const stream = await open(t, HELLO);
    const seen: unknown[] = [];
    assert.equal(stream.currentChatCompletionSnapshot, undefined);
    stream.on('content', () => seen.push(stream.currentChatCompletionSnapshot?.choices[0]?.message.content));
    stream.on('chunk', (_chunk, snapshot) => seen.push(snapshot.choices[0]?.finish_reason));
    await stream.done();
    assert.deepEqual(seen, [null, null, 'Hel', null, 'Hello.', 'stop', 'stop']);
    assert.equal(stream.currentChatCompletionSnapshot, undefined);
  });

  it('throws if there was not a single chunk', async (t) => {
    const stream = await open(t, []);
    await assert.rejects(stream.finalChatCompletion(), /without a chunk/);
  });

  it('throws if no chunk had a choice', async (t) => {
    const stream = await open(t, [chunk({ choices: [] })]);
    await assert.rejects(stream.finalMessage(), /without a message of the model/);
    await assert.rejects(stream.done(), ColloquyError);
  });
});

describe('iterating over a stream', () => {
  it('gives its chunks', async (t) => {
    const stream = await open(t, HELLO);
    assert.deepEqual(await Array.fromAsync(stream), HELLO);
    assert.equal(await stream.finalContent(), 'Hello.');
  });

  it('gives them to several loops', async (t) => {
    const stream = await open(t, MANY);
    const both = await Promise.all([Array.fromAsync(stream), Array.fromAsync(stream)]);
    assert.deepEqual(both, [MANY, MANY]);
  });

  it('gives them to whoever asks before the last one came', async (t) => {
    const stream = await open(t, MANY);
    const iterator = stream[Symbol.asyncIterator]();
    const results = await Promise.all(Array.from({ length: MANY.length + 2 }, () => iterator.next()));
    assert.deepEqual(
      results.map(({ value }) => value),
      [...MANY, undefined, undefined],
    );
  });

  it('lets it run ahead no further than some chunks', async (t) => {
    const stream = await open(t, MANY);
    let told = 0;
    let taken = 0;
    let ahead = 0;
    stream.on('content', () => (told += 1));
    for await (const piece of stream) {
      taken += Number(piece.object === 'chat.completion.chunk');
      ahead = Math.max(ahead, told - taken);
      await setImmediate();
    }
    assert.equal(taken, MANY.length);
    assert.ok(ahead > 1 && ahead <= 65, `${ahead} ahead`);
  });

  it('holds nothing up once a promise of its end was asked for', async (t) => {
    const stream = await open(t, MANY);
    const iterator = stream[Symbol.asyncIterator]();
    await iterator.next();
    assert.equal((await stream.finalContent())?.length, 1000);
    assert.equal((await Array.fromAsync(iterator)).length, MANY.length - 1);
  });

  it('aborts the request when it is left', async (t) => {
    const { promise, resolve } = Promise.withResolvers<void>();
    const server = await listen(t, (response, request) => {
      openEnded(delta({ content: 'a' }))(response, request);
      response.on('close', resolve);
    });
    const stream = ask(server);
    const iterator = stream[Symbol.asyncIterator]();
    await iterator.next();
    await iterator.return?.();
    await promise;
    await assert.rejects(stream.done(), APIUserAbortError);
    assert.ok(stream.aborted);
  });

  it('throws what the stream ends with, after the chunks before it', async (t) => {
    const stream = await open(t, [delta({ content: 'a' }), { error: { message: 'Overloaded' } }]);
    const iterator = stream[Symbol.asyncIterator]();
    await assert.rejects(stream.done(), /Overloaded/);
    assert.equal((await iterator.next()).done, false);
    await assert.rejects(iterator.next(), /Overloaded/);
    assert.equal((await iterator.next()).done, true);
    await assert.rejects(Array.fromAsync(stream), /Overloaded/);
  });
});

describe('a stream that fails', () => {
  it('tells of the error and of its end', async (t) => {
    const stream = ask(await listen(t, json({ error: { message: 'No.' } }, 500)));
    const told: unknown[] = [];
    stream.on('connect', () => told.push('connect'));
    stream.on('error', (error) => told.push(error));
    stream.on('abort', () => told.push('abort'));
    stream.on('end', () => told.push('end'));
    const error = await stream.done().catch((thrown: unknown) => thrown);
    assert.ok(error instanceof InternalServerError);
    assert.deepEqual(told, [error, 'end']);
    assert.deepEqual([stream.ended, stream.errored, stream.aborted], [true, true, false]);
  });

  it('keeps what came of the completion', async (t) => {
    const cut = `data: ${JSON.stringify(delta({ content: 'Hel' }))}\n\n`;
    const stream = ask(await listen(t, events(cut)));
    await assert.rejects(stream.finalContent(), (error) => {
      assert.ok(error instanceof APIConnectionError);
      assert.equal(error.completion?.choices[0]?.message.content, 'Hel');
      return true;
    });
    assert.equal(stream.currentChatCompletionSnapshot?.choices[0]?.message.content, 'Hel');
  });

  it('wraps what a listener throws, and calls no other after it', async (t) => {
    const stream = await open(t, HELLO);
    const cause = new RangeError('mine');
    let later = 0;
    stream.on('content', () => {
      throw cause;
    });
    stream.on('content', () => (later += 1));
    await assert.rejects(stream.done(), { name: 'ColloquyError', message: 'mine', cause });
    assert.equal(later, 0);
  });

  it('rejects its promises even if an error listener throws', async () => {
    const script = `
      const stream = streamChatCompletion({ baseURL: 'http://127.0.0.1:9/v1', maxRetries: 0 }, { model: 'm', messages: [] });
      stream.on('error', () => { throw new RangeError('listener') });
      stream.on('end', () => console.log('end'));
      await stream.done().catch((error) => console.log(error.name));`;
    assert.equal(await run(script), 'end\nAPIConnectionError\nunhandled RangeError\n');
  });

  it('is an unhandled rejection, once, if nobody could hear of it', async () => {
    const script = `
      streamChatCompletion({ baseURL: 'http://127.0.0.1:9/v1', maxRetries: 0 }, { model: 'm', messages: [] });
      const heard = streamChatCompletion({ baseURL: 'http://127.0.0.1:9/v1', maxRetries: 0 }, { model: 'm', messages: [] });
      heard.on('error', (error) => console.log('heard', error.name));
      const awaited = streamChatCompletion({ baseURL: 'http://127.0.0.1:9/v1', maxRetries: 0 }, { model: 'm', messages: [] });
      awaited.finalContent().catch((error) => console.log('awaited', error.name));`;
    const lines = (await run(script)).trim().split('\n').sort();
    assert.deepEqual(lines, [
      'awaited APIConnectionError',
      'heard APIConnectionError',
      'unhandled APIConnectionError',
    ]);
  });
});

/** What a program prints that says when a rejection was not handled. */
async function run(script: string): Promise<string> {
  const program = `
    import { streamChatCompletion } from '@colloquy/client/stream';
    process.on('unhandledRejection', (error) => console.log('unhandled', error.name));
    ${script}`;
  const args = ['--conditions=@colloquy/source', '--input-type=module', '--eval', program];
  const { stdout } = await promisify(execFile)(process.execPath, args, { cwd: import.meta.dirname });
  return stdout;
}

describe('aborting a stream', () => {
  it('ends it', async (t) => {
    const stream = ask(await listen(t, openEnded(delta({ content: 'a' }))));
    const told: unknown[] = [];
    stream.on('error', () => told.push('error'));
    stream.on('abort', (error) => told.push(error));
    stream.on('end', () => told.push('end'));
    stream.on('content', () => stream.abort());
    const error = await stream.done().catch((thrown: unknown) => thrown);
    assert.ok(error instanceof APIUserAbortError);
    assert.deepEqual(told, [error, 'end']);
    assert.deepEqual([stream.ended, stream.errored, stream.aborted], [true, true, true]);
  });

  it('ends it before the server has answered', async (t) => {
    const { promise: asked, resolve } = Promise.withResolvers<void>();
    const stream = ask(await listen(t, () => resolve()));
    await asked;
    stream.abort();
    await assert.rejects(stream.finalContent(), APIUserAbortError);
  });

  it('ends it while a slow loop holds it up', async (t) => {
    const stream = await open(t, MANY);
    const iterator = stream[Symbol.asyncIterator]();
    await iterator.next();
    const { promise: aborted, resolve } = Promise.withResolvers<unknown>();
    stream.on('abort', resolve);
    stream.abort();
    assert.ok((await aborted) instanceof APIUserAbortError);
    await assert.rejects(Array.fromAsync(iterator), APIUserAbortError);
  });

  it('is what the signal of the caller does, with its reason', async (t) => {
    const { signal, ...caller } = withSignal();
    const stream = ask(await listen(t, openEnded(delta({ content: 'a' }))), {}, { signal });
    stream.on('content', () => caller.abort('enough'));
    await assert.rejects(stream.done(), { name: 'APIUserAbortError', cause: 'enough' });
  });

  it('is what a signal does that fired before', async (t) => {
    const server = await listen(t, events(sse(...HELLO)));
    await assert.rejects(ask(server, {}, { signal: AbortSignal.abort() }).done(), APIUserAbortError);
    assert.equal(server.requests.length, 0);
  });

  it('leaves no listener on the signal, however the stream ends', async (t) => {
    const { signal } = new AbortController();
    await ask(await listen(t, events(sse(...HELLO))), {}, { signal }).done();
    await assert.rejects(ask(await listen(t, json({}, 400)), {}, { signal }).done(), APIError);
    assert.equal(getEventListeners(signal, 'abort').length, 0);
  });
});

function withSignal(): { signal: AbortSignal; abort: (reason: unknown) => void } {
  const controller = new AbortController();
  return { signal: controller.signal, abort: (reason) => controller.abort(reason) };
}

describe('listeners', () => {
  it('are called once with once, and not after off', async (t) => {
    const stream = await open(t, HELLO);
    const told: string[] = [];
    const twice = (): void => void told.push('twice');
    const never = (): void => void told.push('never');
    stream
      .once('content', () => told.push('once'))
      .on('content', twice)
      .on('content', twice)
      .on('content', never)
      .off('content', never)
      .off('content', never)
      .off('content', twice);
    await stream.done();
    assert.deepEqual(told, ['once', 'twice', 'twice']);
  });

  it('that come late are told of what comes from then on', async (t) => {
    const stream = await open(
      t,
      ['{"a', '": [1, ', '2], "b"', ': 3}'].map((content) => delta({ content })).concat(finish()),
      { response_format: { type: 'json_schema', json_schema: { name: 'x' } } },
    );
    const parsed: unknown[] = [];
    let count = 0;
    stream.on('content', () => {
      count += 1;
      if (count === 2) stream.on('content.delta', (event) => parsed.push(structuredClone(event.parsed)));
    });
    await stream.done();
    assert.deepEqual(parsed, [{ a: [1] }, { a: [1, 2] }, { a: [1, 2], b: 3 }]);
  });

  it('have a promise of the next event', async (t) => {
    const stream = await open(t, HELLO);
    const [one, none, two] = await Promise.all([
      stream.emitted('content.delta'),
      stream.emitted('connect'),
      stream.emitted('content'),
    ]);
    assert.deepEqual(one, { delta: 'Hel', snapshot: 'Hel', parsed: undefined });
    assert.equal(none, undefined);
    assert.deepEqual(two, ['Hel', 'Hel']);
  });

  it('have a promise that rejects if the stream fails, unless it is of the error', async (t) => {
    const stream = ask(await listen(t, json({}, 400)));
    const content = assert.rejects(stream.emitted('content'), APIError);
    assert.ok((await stream.emitted('error')) instanceof APIError);
    await content;
  });

  it('have iterators', async (t) => {
    const stream = await open(t, HELLO);
    const pairs = await Array.fromAsync(stream.events('content'));
    assert.deepEqual(pairs, [
      ['Hel', 'Hel'],
      ['lo.', 'Hello.'],
    ]);
  });

  it('have iterators that throw if the stream fails, unless they are of the error', async (t) => {
    const stream = ask(await listen(t, json({}, 400)));
    const [errors, content] = [stream.events('error'), stream.events('content')];
    const [[error] = []] = await Array.fromAsync(errors);
    assert.ok(error instanceof APIError);
    await assert.rejects(content.next(), APIError);
  });

  it('have iterators whose end ends nothing else', async (t) => {
    const stream = await open(t, MANY);
    await stream.events('content').return?.();
    assert.equal((await stream.finalContent())?.length, 1000);
  });
});

describe('the calls of a stream', () => {
  it('are told as whole when they are, though they interleave', async (t) => {
    const stream = await open(t, [
      call(0, '{"a"', 'one'),
      call(1, '{', 'two'),
      call(0, ':1}'),
      call(1, '}'),
      finish('tool_calls'),
    ]);
    const told: unknown[] = [];
    stream.on('tool_calls.function.arguments.delta', (event) =>
      told.push([event.index, event.arguments_delta]),
    );
    stream.on('tool_calls.function.arguments.done', (event) => told.push([event.name, event.arguments]));
    await stream.done();
    assert.deepEqual(told, [
      [0, '{"a"'],
      [1, '{'],
      [0, ':1}'],
      ['one', '{"a":1}'],
      [1, '}'],
      ['two', '{}'],
    ]);
  });

  it('are told apart without an index, several in one chunk', async (t) => {
    const whole = (name: string) => ({
      id: name,
      type: 'function',
      function: { name, arguments: `{"${name}":1}` },
    });
    const stream = await open(t, [delta({ tool_calls: [whole('one'), whole('two')] }), finish('tool_calls')]);
    const told: unknown[] = [];
    stream.on('tool_calls.function.arguments.delta', (event) => told.push(event.arguments_delta));
    stream.on('tool_calls.function.arguments.done', (event) => told.push(event.name));
    await stream.done();
    assert.deepEqual(told, ['{"one":1}', 'one', '{"two":1}', 'two']);
    assert.deepEqual(await stream.finalFunctionToolCall(), { name: 'two', arguments: '{"two":1}' });
  });

  it('are told from then on to a listener that comes late', async (t) => {
    const stream = await open(t, [
      delta({ content: 'So:' }),
      call(0, '{"a":', 'one'),
      call(0, '1}'),
      call(1, '{', 'two'),
      call(1, '}'),
      finish('tool_calls'),
    ]);
    const told = ['', ''];
    let pieces = 0;
    stream.on('chunk', () => {
      pieces += 1;
      if (pieces !== 4) return;
      stream.on('tool_calls.function.arguments.delta', (event) => {
        told[event.index] += event.arguments_delta;
        assert.equal(told[event.index], event.arguments);
      });
    });
    await stream.done();
    assert.deepEqual(told, ['', '{}']);
  });

  it('get an id where the server gives none', async (t) => {
    const bare = { type: 'function', function: { name: 'f', arguments: '{}' } };
    const stream = await open(t, [
      delta({
        tool_calls: [
          { index: 0, ...bare },
          { index: 1, ...bare },
        ],
      }),
      finish(),
    ]);
    const { tool_calls } = await stream.finalMessage();
    assert.equal(new Set(tool_calls?.map(({ id }) => id || 'none')).size, 2);
  });
});
