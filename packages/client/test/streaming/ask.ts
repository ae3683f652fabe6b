// Streams of scripted chunks, as tests ask for them.

import type { TestContext } from 'node:test';

import type { ChatCompletionMessageParam } from '@colloquy/client/contract';

import type { RequestOptions } from '../../src/options.ts';
import type {
  ChatCompletionStream,
  ChatCompletionStreamParams,
} from '../../src/streaming/chat-completion-stream.ts';
import { streamChatCompletion } from '../../src/streaming/stream-chat-completion.ts';
import { sse } from '../chunks.ts';
import { events, listen, type Answer, type TestServer } from '../listen.ts';

export const MESSAGES: ChatCompletionMessageParam[] = [{ role: 'user', content: 'Hello' }];

export function ask<ParsedT = null>(
  { baseURL }: TestServer,
  params: Partial<ChatCompletionStreamParams> = {},
  options?: RequestOptions,
): ChatCompletionStream<ParsedT> {
  const client = { baseURL, apiKey: null, maxRetries: 0 };
  return streamChatCompletion(client, { model: 'small', messages: MESSAGES, ...params }, options);
}

/** A stream of these chunks. */
export async function open(
  t: TestContext,
  chunks: readonly object[],
  params?: Partial<ChatCompletionStreamParams>,
): Promise<ChatCompletionStream> {
  return ask(await listen(t, events(sse(...chunks))), params);
}

/** Answers with the head of a stream and these chunks, and leaves it open. */
export function openEnded(...chunks: readonly object[]): Answer {
  return (response) => {
    response.writeHead(200, { 'content-type': 'text/event-stream' });
    response.write(chunks.map((each) => `data: ${JSON.stringify(each)}\n\n`).join(''));
  };
}
