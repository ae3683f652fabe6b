// The events of conversations and streamed completions, under the names that `openai` gives them.

import type { ChatCompletionChunk } from '../contract/chat-completion-chunk.ts';
import type {
  ChatCompletion,
  ChatCompletionMessage,
  ChatCompletionTokenLogprob,
} from '../contract/chat-completion.ts';
import type { CompletionUsage } from '../contract/completion-usage.ts';
import type { ChatCompletionMessageParam } from '../contract/messages.ts';
import type { ChatCompletionMessageFunctionToolCall } from '../contract/tools.ts';
import type { BaseEvents } from './event-stream.ts';

/** What every conversation tells. The `final…` events come before `end`, if all went well. */
export interface ConversationEvents extends BaseEvents {
  /** A completion is whole. */
  chatCompletion: (completion: ChatCompletion) => void;
  /** The model or a tool has said something. */
  message: (message: ChatCompletionMessageParam) => void;
  /** The model calls a function. */
  functionToolCall: (call: ChatCompletionMessageFunctionToolCall.Function) => void;
  /** A function gave back something, in words. */
  functionToolCallResult: (content: string) => void;
  /** The last completion. */
  finalChatCompletion: (completion: ChatCompletion) => void;
  /** The model's last message. */
  finalMessage: (message: ChatCompletionMessage) => void;
  /** The words of the model's last message, if it has any. */
  finalContent: (content: string) => void;
  /** The last function call, if there was one. */
  finalFunctionToolCall: (call: ChatCompletionMessageFunctionToolCall.Function) => void;
  /** What the last function call gave back, if there was one. */
  finalFunctionToolCallResult: (content: string) => void;
  /** The tokens of all completions, if the server counts them. */
  totalUsage: (usage: CompletionUsage) => void;
}

/** What a streamed completion tells while it arrives. */
export interface ChatCompletionStreamEvents<ParsedT = null> extends ConversationEvents {
  /** Each chunk, with the completion so far. The most costly event: each snapshot is a copy. */
  chunk: (chunk: ChatCompletionChunk, snapshot: ChatCompletionSnapshot) => void;
  /** More words, and all words so far. */
  content: (delta: string, snapshot: string) => void;
  /** More words; with a response format, also the value that they stand for so far. */
  'content.delta': (event: ContentDeltaEvent) => void;
  /** The words are whole. */
  'content.done': (event: ContentDoneEvent<ParsedT>) => void;
  /** More words of a refusal. */
  'refusal.delta': (event: RefusalDeltaEvent) => void;
  /** The refusal is whole. */
  'refusal.done': (event: RefusalDoneEvent) => void;
  /** More of a function's arguments. */
  'tool_calls.function.arguments.delta': (event: FunctionToolCallArgumentsDeltaEvent) => void;
  /** A function's arguments are whole: once for each call. */
  'tool_calls.function.arguments.done': (event: FunctionToolCallArgumentsDoneEvent) => void;
  /** The probabilities of more tokens. */
  'logprobs.content.delta': (event: LogProbsContentDeltaEvent) => void;
  /** The probabilities of all tokens. */
  'logprobs.content.done': (event: LogProbsContentDoneEvent) => void;
  /** The probabilities of more tokens of a refusal. */
  'logprobs.refusal.delta': (event: LogProbsRefusalDeltaEvent) => void;
  /** The probabilities of all tokens of a refusal. */
  'logprobs.refusal.done': (event: LogProbsRefusalDoneEvent) => void;
}

/** What subclasses emit between them: the above, and what is iterated over. */
export interface EmittedEvents extends Omit<ChatCompletionStreamEvents<unknown>, 'content'> {
  /** A run without streams has no snapshots. */
  content: (delta: string, snapshot?: string) => void;
  /** A chunk without its snapshot. */
  item: (chunk: ChatCompletionChunk) => void;
  /** What the stream goes on as: a chunk, or the result of a tool. */
  line: (value: object) => void;
}

/** A completion that is still arriving: `finish_reason` may still be null, against its type. */
export type ChatCompletionSnapshot = ChatCompletion;

/** See `content.delta` of {@link ChatCompletionStreamEvents}. */
export interface ContentDeltaEvent {
  /** What is new. */
  delta: string;
  /** All words of this choice so far. */
  snapshot: string;
  /**
   * What the JSON so far says, if a response format asked for JSON, else undefined. Not checked by the schema yet. The
   * value is live: later deltas change it, so that each costs only what it adds; keep a copy to compare.
   */
  parsed: unknown;
}

/** See `content.done` of {@link ChatCompletionStreamEvents}. */
export interface ContentDoneEvent<ParsedT = null> {
  /** All words of this choice. */
  content: string;
  /** What the response format made of them; null without one. */
  parsed: ParsedT | null;
}

/** See `refusal.delta` of {@link ChatCompletionStreamEvents}. */
export interface RefusalDeltaEvent {
  /** What is new. */
  delta: string;
  /** The refusal so far. */
  snapshot: string;
}

/** See `refusal.done` of {@link ChatCompletionStreamEvents}. */
export interface RefusalDoneEvent {
  /** The whole refusal. */
  refusal: string;
}

/** See `tool_calls.function.arguments.delta` of {@link ChatCompletionStreamEvents}. */
export interface FunctionToolCallArgumentsDeltaEvent {
  /** The name of the function. */
  name: string;
  /** The place of the call among those of the message, from 0. */
  index: number;
  /** The arguments so far, as the model writes them. */
  arguments: string;
  /**
   * What the arguments so far say, if the tool is strict or made from a schema, else undefined. Not checked by the
   * schema yet. The value is live: later deltas change it, so that each costs only what it adds; keep a copy to compare.
   */
  parsed_arguments: unknown;
  /** What is new. */
  arguments_delta: string;
}

/** See `tool_calls.function.arguments.done` of {@link ChatCompletionStreamEvents}. */
export interface FunctionToolCallArgumentsDoneEvent {
  /** The name of the function. */
  name: string;
  /** The place of the call among those of the message, from 0. */
  index: number;
  /** The arguments, as the model wrote them. */
  arguments: string;
  /** What the tool made of them; null if it is neither strict nor made from a schema. */
  parsed_arguments: unknown;
}

/** See `logprobs.content.delta` of {@link ChatCompletionStreamEvents}. */
export interface LogProbsContentDeltaEvent {
  /** What is new. */
  content: ChatCompletionTokenLogprob[];
  /** All tokens of this choice so far. Live: later chunks add to it. */
  snapshot: ChatCompletionTokenLogprob[];
}

/** See `logprobs.content.done` of {@link ChatCompletionStreamEvents}. */
export interface LogProbsContentDoneEvent {
  /** All tokens of this choice. */
  content: ChatCompletionTokenLogprob[];
}

/** See `logprobs.refusal.delta` of {@link ChatCompletionStreamEvents}. */
export interface LogProbsRefusalDeltaEvent {
  /** What is new. */
  refusal: ChatCompletionTokenLogprob[];
  /** All tokens of the refusal so far. Live: later chunks add to it. */
  snapshot: ChatCompletionTokenLogprob[];
}

/** See `logprobs.refusal.done` of {@link ChatCompletionStreamEvents}. */
export interface LogProbsRefusalDoneEvent {
  /** All tokens of the refusal. */
  refusal: ChatCompletionTokenLogprob[];
}
