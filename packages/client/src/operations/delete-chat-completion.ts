import type { APIPromise } from '../api-promise.ts';
import type { ChatCompletionDeleted } from '../contract/delete-chat-completion.ts';
import type { ClientOptions, RequestOptions } from '../options.ts';
import { encodePathParameter, requestJson } from '../request.ts';

/**
 * Deletes a stored completion for good. Throws `NotFoundError` if there is none, as after a first delete.
 *
 * @see https://platform.openai.com/docs/api-reference/chat/delete
 */
export function deleteChatCompletion(
  options: ClientOptions,
  completionId: string,
  requestOptions?: RequestOptions,
): APIPromise<ChatCompletionDeleted> {
  const path = `/chat/completions/${encodePathParameter(completionId)}`;
  return requestJson(options, { method: 'DELETE', path }, requestOptions);
}
