import type { APIPromise } from '../api-promise.ts';
import type { ChatCompletionCreateParamsNonStreaming } from '../contract/create-chat-completion.ts';
import { createChatCompletion } from '../operations/create-chat-completion.ts';
import type { ClientOptions, RequestOptions } from '../options.ts';
import {
  readCompletion,
  type ExtractParsedContentFromParams,
  type ParsedChatCompletion,
} from './parsed-chat-completion.ts';

/** A request whose answer is read as a whole. */
export type ChatCompletionParseParams = ChatCompletionCreateParamsNonStreaming;

/**
 * Asks a model for a completion and reads it: `message.parsed` by the response format, `function.parsed_arguments` by
 * the tool that was called.
 *
 * Throws `ColloquyError` if the answer is not what its schema says, `LengthFinishReasonError` or
 * `ContentFilterFinishReasonError` if it was cut off.
 *
 * @example
 * const completion = await parseChatCompletion(options, {
 *   model: 'gpt-5',
 *   messages,
 *   response_format: standardResponseFormat(z.object({ city: z.string() }), 'place'),
 * });
 * console.log(completion.choices[0]?.message.parsed?.city);
 */
export function parseChatCompletion<
  Params extends ChatCompletionParseParams,
  ParsedT = ExtractParsedContentFromParams<Params>,
>(
  options: ClientOptions,
  params: Params,
  requestOptions?: RequestOptions,
): APIPromise<ParsedChatCompletion<ParsedT>> {
  return createChatCompletion(options, params, requestOptions).map((completion) =>
    readCompletion<ParsedT>(completion, params),
  );
}
