// getChatCompletionMessages: GET /v1/chat/completions/{completion_id}/messages
import type { ChatCompletionMessage } from './chat-completion.ts';
import type { ChatCompletionContentPart, ChatCompletionContentPartRefusal } from './content-parts.ts';
import type { CursorPageParams, CursorPageResponse } from './cursor-page.ts';
import type { ChatCompletionAssistantMessageParam, ChatCompletionRole } from './messages.ts';
import type { ChatCompletionMessageToolCall } from './tools.ts';

/**
 * Which of a stored completion's messages to list.
 *
 * @see https://platform.openai.com/docs/api-reference/chat/getMessages
 */
export interface MessageListParams extends CursorPageParams {
  /** Forwards or backwards through the conversation. Default: `asc`, the first message first. */
  order?: 'asc' | 'desc' | undefined;
}

/**
 * A page of a stored completion's input messages. The answer is not among them: it is in the completion's
 * `choices`.
 */
export type ChatCompletionMessageList = CursorPageResponse<ChatCompletionStoreMessage>;

/** An input message of a stored completion. Members that do not belong to its role are null or absent. */
export interface ChatCompletionStoreMessage {
  /** The completion's id, `-`, and the message's place in the conversation, from 0. */
  id: string;
  /** Who spoke. */
  role: ChatCompletionRole;
  /** The words. Null where the request gave parts, or gave no content. */
  content: string | null;
  /** The parts, where the request gave parts. OpenAI keeps only text and images. */
  content_parts?: Array<ChatCompletionContentPart | ChatCompletionContentPartRefusal> | null;
  /** The speaker's or the function's name. */
  name?: string | null;
  /**
   * Which call a `tool` message answers. OpenAI does not document it; without it the message cannot be
   * replayed.
   */
  tool_call_id?: string | null;
  /** The calls of an `assistant` message. */
  tool_calls?: ChatCompletionMessageToolCall[] | null;
  /** The words in which an `assistant` message refused. */
  refusal?: string | null;
  /** The spoken answer that an `assistant` message refers to. */
  audio?: ChatCompletionAssistantMessageParam.Audio | null;
  /** The sources of an `assistant` message. */
  annotations?: ChatCompletionMessage.Annotation[];
  /** @deprecated Comes only if the request used it; see `tool_calls`. */
  function_call?: ChatCompletionAssistantMessageParam.FunctionCall | null;
}
