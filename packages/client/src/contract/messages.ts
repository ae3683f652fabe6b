// The messages of a request, one interface per role. `role` is a closed discriminant: narrowing needs it.
import type {
  ChatCompletionContentPart,
  ChatCompletionContentPartRefusal,
  ChatCompletionContentPartText,
} from './content-parts.ts';
import type { OpenEnum } from './open-enum.ts';
import type { ChatCompletionMessageToolCall } from './tools.ts';

/** Who speaks in a message. */
export type ChatCompletionRole = OpenEnum<
  'developer' | 'system' | 'user' | 'assistant' | 'tool' | 'function'
>;

/**
 * One message of the conversation, told apart by `role`.
 *
 * @see https://platform.openai.com/docs/api-reference/chat/create#chat-create-messages
 */
export type ChatCompletionMessageParam =
  | ChatCompletionDeveloperMessageParam
  | ChatCompletionSystemMessageParam
  | ChatCompletionUserMessageParam
  | ChatCompletionAssistantMessageParam
  | ChatCompletionToolMessageParam
  | ChatCompletionFunctionMessageParam;

/** The application's instructions, which outrank the user's; for reasoning models in place of `system`. */
export interface ChatCompletionDeveloperMessageParam {
  /** Tells this message from the others. */
  role: 'developer';
  /** The instructions; an array holds at least one part. */
  content: string | ChatCompletionContentPartText[];
  /** Tells apart several speakers of the same role. */
  name?: string | undefined;
}

/** The application's instructions, which outrank the user's. */
export interface ChatCompletionSystemMessageParam {
  /** Tells this message from the others. */
  role: 'system';
  /** The instructions; an array holds at least one part. */
  content: string | ChatCompletionContentPartText[];
  /** Tells apart several speakers of the same role. */
  name?: string | undefined;
}

/** What the user says or shows. */
export interface ChatCompletionUserMessageParam {
  /** Tells this message from the others. */
  role: 'user';
  /** The words, or at least one part; which kinds of parts are taken depends on the model. */
  content: string | ChatCompletionContentPart[];
  /** Tells apart several speakers of the same role. */
  name?: string | undefined;
}

/** An earlier answer of the model. The `message` of a completion may be sent back as it came. */
export interface ChatCompletionAssistantMessageParam {
  /** Tells this message from the others. */
  role: 'assistant';
  /** The answer: words, text parts, or one refusal part. May be null or absent beside tool calls only. */
  content?:
    | string
    | Array<ChatCompletionContentPartText | ChatCompletionContentPartRefusal>
    | null
    | undefined;
  /** The words in which the model refused. */
  refusal?: string | null | undefined;
  /** Tells apart several speakers of the same role. */
  name?: string | undefined;
  /** An earlier spoken answer. */
  audio?: ChatCompletionAssistantMessageParam.Audio | null | undefined;
  /** The calls the model made; each wants a `tool` message with its id to follow. */
  tool_calls?: ChatCompletionMessageToolCall[] | undefined;
  /** @deprecated Use `tool_calls`. */
  function_call?: ChatCompletionAssistantMessageParam.FunctionCall | null | undefined;
}

/** What {@link ChatCompletionAssistantMessageParam} holds. */
export declare namespace ChatCompletionAssistantMessageParam {
  /** A reference to a spoken answer. */
  interface Audio {
    /** The `audio.id` of that answer; OpenAI forgets it at its `expires_at`. */
    id: string;
  }

  /**
   * The single call of the older protocol.
   *
   * @deprecated Use {@link ChatCompletionMessageToolCall}.
   */
  interface FunctionCall {
    /** The arguments as the model wrote them: meant to be JSON, not checked. */
    arguments: string;
    /** Which function was called. */
    name: string;
  }
}

/** What a tool gave back. */
export interface ChatCompletionToolMessageParam {
  /** Tells this message from the others. */
  role: 'tool';
  /** The result; an array holds at least one part. */
  content: string | ChatCompletionContentPartText[];
  /** The `id` of the call that this answers. */
  tool_call_id: string;
}

/**
 * What a function of the older protocol gave back.
 *
 * @deprecated Use {@link ChatCompletionToolMessageParam}.
 */
export interface ChatCompletionFunctionMessageParam {
  /** Tells this message from the others. */
  role: 'function';
  /** The result. */
  content: string | null;
  /** Which function was called. */
  name: string;
}
