// listChatCompletions: GET /v1/chat/completions
import type { CursorPageParams, CursorPageResponse } from './cursor-page.ts';
import type { Metadata } from './metadata.ts';
import type { CompletionStatus, StoredChatCompletion } from './stored-chat-completion.ts';

/**
 * Which stored completions to list: those that every filter matches.
 *
 * @see https://platform.openai.com/docs/api-reference/chat/list
 */
export interface ChatCompletionListParams extends CursorPageParams {
  /** The exact name of the model. */
  model?: string | undefined;
  /** Labels that must all be there, with these very values. Null and an empty map filter nothing. */
  metadata?: Metadata | null | undefined;
  /** Oldest or newest first, by the time of creation. Default: `asc`, oldest first. */
  order?: 'asc' | 'desc' | undefined;
  /** How they ended: Colloquy's own filter, unknown to OpenAI. Default: `completed`. */
  status?: CompletionStatus | undefined;
}

/** A page of stored completions. */
export type ChatCompletionList = CursorPageResponse<StoredChatCompletion>;
