import type { APIPromise } from '../api-promise.ts';
import type { StoredChatCompletion } from '../contract/stored-chat-completion.ts';
import type { ChatCompletionUpdateParams } from '../contract/update-chat-completion.ts';
import type { ClientOptions, RequestOptions } from '../options.ts';
import { encodePathParameter, requestJson } from '../request.ts';

/**
 * Sets the metadata of a stored completion and returns it whole. Colloquy replaces all pairs; `null` clears them.
 *
 * @see https://platform.openai.com/docs/api-reference/chat/update
 */
export function updateChatCompletion(
  options: ClientOptions,
  completionId: string,
  params: ChatCompletionUpdateParams,
  requestOptions?: RequestOptions,
): APIPromise<StoredChatCompletion> {
  const path = `/chat/completions/${encodePathParameter(completionId)}`;
  return requestJson(options, { method: 'POST', path, body: params }, requestOptions);
}
