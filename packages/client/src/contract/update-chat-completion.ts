// updateChatCompletion: POST /v1/chat/completions/{completion_id}
import type { Metadata } from './metadata.ts';
import type { StoredChatCompletion } from './stored-chat-completion.ts';

/**
 * What to change in a stored completion: nothing but its labels can be.
 *
 * @see https://platform.openai.com/docs/api-reference/chat/update
 */
export interface ChatCompletionUpdateParams {
  /**
   * The new labels. Colloquy puts them in the place of all that were there, and null removes all. OpenAI does
   * not say whether it replaces or merges, and Azure merges: send the whole map, and only removed keys can
   * differ.
   */
  metadata: Metadata | null;
}

/** The stored completion after the change. An unknown id is a 404. */
export type UpdateChatCompletionResponse = StoredChatCompletion;
