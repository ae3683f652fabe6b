import type { ChatCompletion } from './chat-completion.ts';
import type { ErrorObject } from './errors.ts';
import type { Metadata } from './metadata.ts';
import type { OpenEnum } from './open-enum.ts';
import type { ResponseFormat } from './response-format.ts';
import type { ChatCompletionTool, ChatCompletionToolChoiceOption } from './tools.ts';

/**
 * A completion that was kept, as the list, get and update operations answer it.
 *
 * Beside the answer it holds some of the request's settings; OpenAI sends them without documenting them,
 * other servers may null them or leave them out. The input messages are not here: see
 * getChatCompletionMessages.
 *
 * @see https://platform.openai.com/docs/api-reference/chat/get
 */
export interface StoredChatCompletion extends ChatCompletion {
  /** The labels; an empty map where there are none. The only part that can be changed. */
  metadata: Metadata;
  /** The `x-request-id` of the request that made the completion. */
  request_id?: string | null;
  /** The request's `tool_choice`. */
  tool_choice?: ChatCompletionToolChoiceOption | null;
  /** The request's `tools`. */
  tools?: ChatCompletionTool[] | null;
  /** The request's `response_format`. */
  response_format?: ResponseFormat | null;
  /**
   * The seed in use, which a server may have picked itself. OpenAI's exceed 2^53, so parsing the JSON as
   * numbers rounds them.
   */
  seed?: number | null;
  /** The `top_p` in use. */
  top_p?: number | null;
  /** The `temperature` in use. */
  temperature?: number | null;
  /** The `presence_penalty` in use. */
  presence_penalty?: number | null;
  /** The `frequency_penalty` in use. */
  frequency_penalty?: number | null;
  /** The request's `user`. */
  input_user?: string | null;
  /** How the completion ended: Colloquy's own member, unknown to OpenAI. Absent: `completed`. */
  status?: CompletionStatus;
  /** What its caller was told, where it did not complete: Colloquy's own member. */
  error?: ErrorObject;
}

/**
 * - `completed`: the answer arrived whole.
 * - `interrupted`: the stream broke off; `choices` hold what had arrived.
 * - `failed`: there was no answer, or an error in its place; `choices` are empty.
 */
export type CompletionStatus = OpenEnum<'completed' | 'interrupted' | 'failed'>;
