export { ChatCompletionStream, type ChatCompletionStreamParams } from './chat-completion-stream.ts';
export type {
  ChatCompletionSnapshot,
  ChatCompletionStreamEvents,
  ContentDeltaEvent,
  ContentDoneEvent,
  ConversationEvents,
  FunctionToolCallArgumentsDeltaEvent,
  FunctionToolCallArgumentsDoneEvent,
  LogProbsContentDeltaEvent,
  LogProbsContentDoneEvent,
  LogProbsRefusalDeltaEvent,
  LogProbsRefusalDoneEvent,
  RefusalDeltaEvent,
  RefusalDoneEvent,
} from './chat-completion-events.ts';
export { Conversation } from './conversation.ts';
export { EventStream, type BaseEvents, type EventParameters } from './event-stream.ts';
export { streamChatCompletion } from './stream-chat-completion.ts';
export { Stream } from './stream.ts';
