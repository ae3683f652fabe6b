import type { ChatCompletionListParams } from '../contract/list-chat-completions.ts';
import type { StoredChatCompletion } from '../contract/stored-chat-completion.ts';
import type { ClientOptions, RequestOptions } from '../options.ts';
import { requestPage, type PagePromise } from '../page.ts';

/**
 * Lists stored completions, oldest first unless `order` says otherwise. Iterate the result for all of them, or await
 * it for one page.
 *
 * @see https://platform.openai.com/docs/api-reference/chat/list
 */
export function listChatCompletions(
  options: ClientOptions,
  query: ChatCompletionListParams = {},
  requestOptions?: RequestOptions,
): PagePromise<StoredChatCompletion> {
  return requestPage(options, '/chat/completions', query, requestOptions);
}
