export { APIPromise } from '../api-promise.ts';
export {
  APIConnectionError,
  APIConnectionTimeoutError,
  APIError,
  APIUserAbortError,
  AuthenticationError,
  BadRequestError,
  ColloquyError as OpenAIError,
  ConflictError,
  InternalServerError,
  NotFoundError,
  PermissionDeniedError,
  RateLimitError,
  UnprocessableEntityError,
} from '../errors.ts';
export type { Logger, LogLevel } from '../log.ts';
export { PagePromise } from '../page.ts';
export { Stream } from '../streaming/stream.ts';
export { AzureOpenAI, type AzureClientOptions } from './azure.ts';
export { OpenAI, OpenAI as default, type ClientOptions, type RequestOptions } from './openai.ts';
