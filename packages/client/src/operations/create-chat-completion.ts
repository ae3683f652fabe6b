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
import { readJson, request, requestJson } from '../request.ts';
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
  requestOptions: RequestOptions = {},
): APIPromise<ChatCompletion | Stream<ChatCompletionChunk>> {
  const call = { method: 'POST', path: '/chat/completions', body: params } as const;
  if (!params.stream) return requestJson<ChatCompletion>(options, call, requestOptions);

  const controller = new AbortController();
  const { signal } = requestOptions;
  const streamSignal = signal ? AbortSignal.any([signal, controller.signal]) : controller.signal;
  return new APIPromise(
    request(options, call, { ...requestOptions, signal: streamSignal }),
    async (response) => {
      // An error, or a server that cannot stream: read as events, its answer would seem an empty stream.
      if (/^application\/json\b/i.test(response.headers.get('content-type') ?? '')) {
        await readJson(response, streamSignal);
        throw new ColloquyError('The server answered without a stream, though one was asked for');
      }
      return new Stream<ChatCompletionChunk>(response, controller, streamSignal);
    },
  );
}
