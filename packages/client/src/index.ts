export { ChatCompletionAccumulator } from './accumulator.ts';
export { APIPromise, type WithRequestID } from './api-promise.ts';
export {
  Colloquy,
  Colloquy as default,
  type Chat,
  type Completions,
  type Messages,
  type Models,
} from './client.ts';
export {
  APIConnectionError,
  APIConnectionTimeoutError,
  APIError,
  APIUserAbortError,
  AuthenticationError,
  BadRequestError,
  ColloquyError,
  ConflictError,
  ContentFilterFinishReasonError,
  InternalServerError,
  LengthFinishReasonError,
  NotFoundError,
  PermissionDeniedError,
  RateLimitError,
  UnprocessableEntityError,
} from './errors.ts';
export { logRequests, type LogLevel, type LogOptions, type Logger } from './log.ts';
export { createChatCompletion } from './operations/create-chat-completion.ts';
export { deleteChatCompletion } from './operations/delete-chat-completion.ts';
export { getChatCompletionMessages } from './operations/get-chat-completion-messages.ts';
export { getChatCompletion } from './operations/get-chat-completion.ts';
export { listChatCompletions } from './operations/list-chat-completions.ts';
export { listModels } from './operations/list-models.ts';
export { retrieveModel } from './operations/retrieve-model.ts';
export { updateChatCompletion } from './operations/update-chat-completion.ts';
export type { ClientOptions, FetchOptions, HeadersLike, Query, RequestOptions } from './options.ts';
export { CursorPage, PagePromise } from './page.ts';
export { retry, type RetryOptions } from './retry.ts';
export { SseDecoder, type ServerSentEvent } from './sse.ts';
export { Stream } from './stream.ts';
export type * from './contract/index.ts';
