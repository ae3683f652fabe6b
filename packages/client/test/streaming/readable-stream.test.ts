import assert from 'node:assert/strict';
import { describe, it } from 'node:test';

import OpenAI from 'openai';

import { APIConnectionError, APIError, APIUserAbortError } from '../../src/errors.ts';
import { ChatCompletionStream } from '../../src/streaming/chat-completion-stream.ts';
import { chunk, delta, finish, sse, USAGE } from '../chunks.ts';
import { events, listen } from '../listen.ts';
import { ask, MESSAGES, open, openEnded } from './ask.ts';

const HELLO = [
  delta({ role: 'assistant', content: 'Hel' }),
  delta({ content: 'lo.' }),
  finish(),
  chunk({ choices: [], usage: USAGE }),
];

function lines(...items: readonly object[]): ReadableStream<Uint8Array> {
  const text = items.map((item) => `${JSON.stringify(item)}\n`).join('');
  return new Blob([text]).stream();
}

describe('a stream that goes on to somebody else', () => {
  it('is the same there', async (t) => {
    const stream = await open(t, HELLO);
    const copy = ChatCompletionStream.fromReadableStream(stream.toReadableStream());
    const deltas: string[] = [];
    copy.on('connect', () => deltas.push('connect'));
    copy.on('content', (content) => deltas.push(content));
    assert.deepEqual(await copy.finalChatCompletion(), await stream.finalChatCompletion());
    assert.deepEqual(deltas, ['connect', 'Hel', 'lo.']);
    assert.deepEqual(copy.messages, [{ role: 'assistant', content: 'Hello.', refusal: null, parsed: null }]);
  });

  it('may come from openai, or go to it', async (t) => {
    const { baseURL } = await listen(t, events(sse(...HELLO)));
    const theirs = new OpenAI({ baseURL, apiKey: 'none' }).chat.completions.stream({
      model: 'small',
      messages: [{ role: 'user', content: 'Hello' }],
    });
    const ours = ask({ baseURL, requests: [] });
    const fromTheirs = ChatCompletionStream.fromReadableStream(
      theirs.toReadableStream() as ReadableStream<Uint8Array>,
    );
    const { ChatCompletionStream: Theirs } = await import('openai/lib/ChatCompletionStream');
    const fromOurs = Theirs.fromReadableStream(ours.toReadableStream());
    assert.equal(await fromTheirs.finalContent(), 'Hello.');
    assert.equal(await fromOurs.finalContent(), 'Hello.');
  });

  it('may hold several completions', async () => {
    const second = HELLO.map((each) => ({ ...each, id: 'chatcmpl-2' }));
    const stream = ChatCompletionStream.fromReadableStream(lines(...HELLO, ...second));
    await stream.done();
    assert.deepEqual(
      stream.allChatCompletions().map(({ id }) => id),
      ['chatcmpl-1', 'chatcmpl-2'],
    );
    assert.equal((await stream.totalUsage()).total_tokens, 2 * USAGE.total_tokens);
  });

  it('aborts the request when it is cancelled', async (t) => {
    const { promise, resolve } = Promise.withResolvers<void>();
    const server = await listen(t, (response, request) => {
      openEnded(delta({ content: 'a' }))(response, request);
      response.on('close', resolve);
    });
    const stream = ask(server);
    const reader = stream.toReadableStream().getReader();
    await reader.read();
    await reader.cancel();
    await promise;
    assert.ok(stream.aborted);
  });

  it('can be aborted there', async () => {
    const { promise: left, resolve } = Promise.withResolvers<unknown>();
    const stream = ChatCompletionStream.fromReadableStream(new ReadableStream({ cancel: resolve }));
    stream.abort();
    await assert.rejects(stream.finalContent(), APIUserAbortError);
    await left;
  });

  it('breaks there if it breaks here', async (t) => {
    const stream = await open(t, [delta({ content: 'a' }), { error: { message: 'Overloaded' } }]);
    const copy = ChatCompletionStream.fromReadableStream(stream.toReadableStream());
    await assert.rejects(copy.finalContent(), /Overloaded/);
    assert.equal(copy.currentChatCompletionSnapshot?.choices[0]?.message.content, 'a');
  });

  it('throws if it was cut short', async () => {
    const cut = ChatCompletionStream.fromReadableStream(lines(...HELLO.slice(0, 2)));
    await assert.rejects(cut.finalContent(), APIConnectionError);
    await assert.rejects(ChatCompletionStream.fromReadableStream(lines()).done(), /without a chunk/);
  });

  it('throws an error that stands in it', async () => {
    const stream = ChatCompletionStream.fromReadableStream(
      lines({ error: { message: 'No.', code: 'nope' } }),
    );
    await assert.rejects(stream.done(), (error) => error instanceof APIError && error.code === 'nope');
  });

  it('keeps its messages to itself', async (t) => {
    const stream = await open(t, HELLO);
    const copy = ChatCompletionStream.fromReadableStream(stream.toReadableStream());
    await copy.done();
    assert.equal(stream.messages.length, MESSAGES.length + 1);
    assert.equal(copy.messages.length, 1);
  });
});
