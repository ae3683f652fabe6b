import { readItems } from '../answer-items.ts';
import { APIPromise } from '../api-promise.ts';
import type { ChatCompletionChunk } from '../contract/chat-completion-chunk.ts';
import type { ChatCompletion } from '../contract/chat-completion.ts';
import type {
  ChatCompletionCreateParams,
  ChatCompletionCreateParamsNonStreaming,
  ChatCompletionCreateParamsStreaming,
} from '../contract/create-chat-completion.ts';
import { ColloquyError } from '../errors.ts';
import type { ClientOptions, RequestOptions } from '../options.ts';
import { readJson, request, requestJson, type Answer } from '../request.ts';
import { Stream } from '../stream.ts';

/**
 * Asks a model for a completion; with `stream: true`, for its chunks as they are made.
 *
 * With `store: true` the server keeps it for the other five operations.
 *
 * @see https://platform.openai.com/docs/api-reference/chat/create
 */
export function createChatCompletion(
  options: ClientOptions,
  params: ChatCompletionCreateParamsNonStreaming,
  requestOptions?: RequestOptions,
): APIPromise<ChatCompletion>;
export function createChatCompletion(
  options: ClientOptions,
  params: ChatCompletionCreateParamsStreaming,
  requestOptions?: RequestOptions,
): APIPromise<Stream<ChatCompletionChunk>>;
export function createChatCompletion(
  options: ClientOptions,
  params: ChatCompletionCreateParams,
  requestOptions?: RequestOptions,
): APIPromise<ChatCompletion | Stream<ChatCompletionChunk>>;
export function createChatCompletion(
  options: ClientOptions,
  params: ChatCompletionCreateParams,
  requestOptions?: RequestOptions,
): APIPromise<ChatCompletion | Stream<ChatCompletionChunk>> {
  // A retry of what was kept already would keep it twice. Others need no key, and not every server's CORS allows one.
  const idempotencyKey = params.store ? mintIdempotencyKey() : undefined;
  const call = { method: 'POST', path: '/chat/completions', body: params, idempotencyKey } as const;
  if (!params.stream) return requestJson<ChatCompletion>(options, call, requestOptions);
  return new APIPromise(request(options, call, requestOptions), openStream);
}

async function openStream(answer: Answer): Promise<Stream<ChatCompletionChunk>> {
  // An error, a page, or a server that cannot stream: read as events, its answer would seem an empty stream.
  if (/^(application\/json|text\/html)\b/i.test(answer.response.headers.get('content-type') ?? '')) {
    await readJson(answer);
    throw new ColloquyError('The server answered without a stream');
  }
  return new Stream(readItems<ChatCompletionChunk>(answer), answer.lifetime.controller);
}

/** 128 random bits; `randomUUID` is missing in pages that came without TLS. */
function mintIdempotencyKey(): string {
  return crypto.getRandomValues(new Uint32Array(4)).join('-');
}
