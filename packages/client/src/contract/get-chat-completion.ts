// getChatCompletion: GET /v1/chat/completions/{completion_id}
import type { StoredChatCompletion } from './stored-chat-completion.ts';

/**
 * The stored completion. An id that is unknown, was not stored or belongs to someone else is a 404 all the
 * same.
 *
 * @see https://platform.openai.com/docs/api-reference/chat/get
 */
export type GetChatCompletionResponse = StoredChatCompletion;
