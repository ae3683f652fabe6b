import type { APIPromise } from '../api-promise.ts';
import type { StoredChatCompletion } from '../contract/stored-chat-completion.ts';
import type { ClientOptions, RequestOptions } from '../options.ts';
import { encodePathParameter, requestJson } from '../request.ts';

/**
 * Gets a stored completion. Throws `NotFoundError` if there is none with this id that the key may see.
 *
 * @see https://platform.openai.com/docs/api-reference/chat/get
 */
export function getChatCompletion(
  options: ClientOptions,
  completionId: string,
  requestOptions?: RequestOptions,
): APIPromise<StoredChatCompletion> {
  const path = `/chat/completions/${encodePathParameter(completionId)}`;
  return requestJson(options, { method: 'GET', path }, requestOptions);
}
