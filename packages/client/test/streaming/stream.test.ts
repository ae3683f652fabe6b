import assert from 'node:assert/strict';
import { once } from 'node:events';
import { describe, it, type TestContext } from 'node:test';

import type { ChatCompletionChunk } from '@colloquy/client/contract';

import { APIUserAbortError, ColloquyError } from '../../src/errors.ts';
import { Colloquy } from '../../src/helpers.ts';
import { Stream } from '../../src/streaming/stream.ts';
import { sse } from '../chunks.ts';
import { events, listen, type Answer } from '../listen.ts';
import { MESSAGES, openEnded } from './ask.ts';

const CHUNKS = ['Hel', 'lo', ' \u{1f642}\n'].map((content, index) => ({
  id: 'chatcmpl-1',
  choices: [{ index: 0, delta: { content }, finish_reason: index === 2 ? 'stop' : null }],
}));

async function open(
  t: TestContext,
  answer: Answer = events(sse(...CHUNKS)),
): Promise<Stream<ChatCompletionChunk>> {
  const { baseURL } = await listen(t, answer);
  return new Colloquy({ baseURL }).chat.completions.create({
    model: 'small',
    messages: MESSAGES,
    stream: true,
  });
}

async function read(stream: AsyncIterable<unknown>): Promise<unknown[]> {
  const items: unknown[] = [];
  for await (const item of stream) items.push(item);
  return items;
}

describe('a stream of the client with helpers', () => {
  it('is the small client’s, with more to it', async (t) => {
    const stream = await open(t);
    assert.ok(stream instanceof Stream);
    assert.deepEqual(await read(stream), CHUNKS);
  });

  it('can be opened from an answer', async () => {
    const response = new Response(sse(...CHUNKS), { headers: { 'content-type': 'text/event-stream' } });
    assert.deepEqual(await read(Stream.fromSSEResponse(response)), CHUNKS);
  });
});

describe('tee', () => {
  it('makes two streams, each read at its own pace', async (t) => {
    const [left, right] = (await open(t)).tee();
    assert.deepEqual(await read(left), CHUNKS);
    assert.deepEqual(await read(right), CHUNKS);
  });

  it('makes two streams that can be read at the same time', async (t) => {
    const [left, right] = (await open(t)).tee();
    assert.deepEqual(await Promise.all([read(left), read(right)]), [CHUNKS, CHUNKS]);
  });

  it('tells both how the stream fails', async (t) => {
    const [left, right] = (await open(t, events(`data: ${JSON.stringify(CHUNKS[0])}\n\n`))).tee();
    await assert.rejects(read(left), /ended before the completion did/);
    await assert.rejects(read(right), /ended before the completion did/);
  });

  it('closes the connection when both were left', async (t) => {
    const closed = Promise.withResolvers<void>();
    const answer: Answer = (response, request) => {
      void once(response, 'close').then(() => closed.resolve());
      openEnded(...CHUNKS.slice(0, 2))(response, request);
    };
    const [left, right] = (await open(t, answer)).tee();
    for await (const chunk of left) {
      assert.ok(chunk);
      break;
    }
    // The other goes on.
    for await (const chunk of right) {
      assert.ok(chunk);
      break;
    }
    await closed.promise;
  });

  it('takes the stream: it is read no more', async (t) => {
    const stream = await open(t);
    stream.tee();
    assert.throws(() => stream.tee(), ColloquyError);
  });
});

describe('toReadableStream', () => {
  it('writes what fromReadableStream reads, however it was cut', async (t) => {
    const bytes = new Uint8Array(await new Response((await open(t)).toReadableStream()).arrayBuffer());
    for (const size of [1, 7, bytes.length]) {
      const body = new ReadableStream<Uint8Array>({
        start(controller) {
          for (let start = 0; start < bytes.length; start += size) {
            controller.enqueue(bytes.subarray(start, start + size));
          }
          controller.close();
        },
      });
      assert.deepEqual(await read(Stream.fromReadableStream(body)), CHUNKS);
    }
  });

  it('is what openai reads, and the other way round', async (t) => {
    const { Stream: Official } = await import('openai/streaming');
    const ours = (await open(t)).toReadableStream();
    assert.deepEqual(await read(Official.fromReadableStream(ours, new AbortController())), CHUNKS);
    const response = new Response(sse(...CHUNKS));
    const theirs = Official.fromSSEResponse(response, new AbortController()).toReadableStream();
    assert.deepEqual(await read(Stream.fromReadableStream(theirs as ReadableStream<Uint8Array>)), CHUNKS);
  });

  it('closes the connection when its reader leaves', async (t) => {
    const closed = Promise.withResolvers<void>();
    const stream = await open(t, (response, request) => {
      void once(response, 'close').then(() => closed.resolve());
      openEnded(...CHUNKS.slice(0, 2))(response, request);
    });
    const reader = stream.toReadableStream().getReader();
    await reader.read();
    await reader.cancel();
    await closed.promise;
  });

  it('throws when its controller aborts, though nothing comes', async () => {
    const controller = new AbortController();
    const stream = Stream.fromReadableStream(new ReadableStream<Uint8Array>(), controller);
    const reading = read(stream);
    controller.abort();
    await assert.rejects(reading, APIUserAbortError);
  });
});
