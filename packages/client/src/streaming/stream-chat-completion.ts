import { createChatCompletion } from '../operations/create-chat-completion.ts';
import type { ClientOptions, RequestOptions } from '../options.ts';
import type { ExtractParsedContentFromParams } from '../schema/parsed-chat-completion.ts';
import { ChatCompletionStream, type ChatCompletionStreamParams } from './chat-completion-stream.ts';

/**
 * Asks a model for a completion and tells what it brings while it arrives.
 *
 * With a response format or tools made from a schema, the whole answer is read by it.
 */
export function streamChatCompletion<
  Params extends ChatCompletionStreamParams,
  ParsedT = ExtractParsedContentFromParams<Params>,
>(options: ClientOptions, params: Params, requestOptions?: RequestOptions): ChatCompletionStream<ParsedT> {
  return ChatCompletionStream.open<ParsedT>(params, requestOptions?.signal, (signal) =>
    createChatCompletion(options, { ...params, stream: true }, { ...requestOptions, signal }),
  );
}
