import type {
  ChatCompletionStoreMessage,
  MessageListParams,
} from '../contract/get-chat-completion-messages.ts';
import type { ClientOptions, RequestOptions } from '../options.ts';
import { requestPage, type PagePromise } from '../page.ts';
import { encodePathParameter } from '../request.ts';

/**
 * Lists the messages that a stored completion was asked with, in their order; the answer is in the completion.
 *
 * @see https://platform.openai.com/docs/api-reference/chat/getMessages
 */
export function getChatCompletionMessages(
  options: ClientOptions,
  completionId: string,
  query: MessageListParams = {},
  requestOptions?: RequestOptions,
): PagePromise<ChatCompletionStoreMessage> {
  const path = `/chat/completions/${encodePathParameter(completionId)}/messages`;
  return requestPage(options, path, query, requestOptions);
}
