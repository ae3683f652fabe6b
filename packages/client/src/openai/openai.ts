// The class that programs written for `openai` ask for, under the name by which they ask.

import type { APIPromise } from '../api-promise.ts';
import type * as contract from '../contract/index.ts';
import { readVariable } from '../environment.ts';
import * as errors from '../errors.ts';
import { Colloquy } from '../helpers.ts';
import { isLogLevel, logRequests, type Logger, type LogLevel } from '../log.ts';
import {
  dropUndefined,
  platformFetch,
  type ClientOptions as CoreOptions,
  type RequestOptions as CoreRequestOptions,
} from '../options.ts';
import { requestJson, type Call } from '../request.ts';
import type * as chat from './chat-types.ts';

/** What `new OpenAI(…)` takes. */
export interface ClientOptions extends CoreOptions {
  /** What is logged; see {@link LogLevel}. Environment: `OPENAI_LOG`. Default: `warn`. */
  readonly logLevel?: LogLevel | undefined;
  /** Where to log to. Default: `console`. */
  readonly logger?: Logger | undefined;
  /** Taken, and without effect: this client runs in browsers. Whoever puts a key in a page gives it to its visitors. */
  readonly dangerouslyAllowBrowser?: boolean | undefined;
}

/** What one call may change, and what calls by path send. */
export interface RequestOptions extends CoreRequestOptions {
  /** Sent as JSON, by `post`, `put` and `patch`. */
  readonly body?: unknown;
}

/**
 * A client that takes the place of `openai`'s for chat completions and models. What is the same, what is better and
 * what is not there: docs/migration.md.
 *
 * @example
 * import OpenAI from '@colloquy/client/openai';
 * const client = new OpenAI();
 */
export class OpenAI extends Colloquy {
  static readonly OpenAI = OpenAI;
  /** How long a call may take unless told otherwise, in milliseconds. */
  static readonly DEFAULT_TIMEOUT = 600_000;

  static readonly OpenAIError = errors.ColloquyError;
  static readonly APIError = errors.APIError;
  static readonly APIConnectionError = errors.APIConnectionError;
  static readonly APIConnectionTimeoutError = errors.APIConnectionTimeoutError;
  static readonly APIUserAbortError = errors.APIUserAbortError;
  static readonly BadRequestError = errors.BadRequestError;
  static readonly AuthenticationError = errors.AuthenticationError;
  static readonly PermissionDeniedError = errors.PermissionDeniedError;
  static readonly NotFoundError = errors.NotFoundError;
  static readonly ConflictError = errors.ConflictError;
  static readonly UnprocessableEntityError = errors.UnprocessableEntityError;
  static readonly RateLimitError = errors.RateLimitError;
  static readonly InternalServerError = errors.InternalServerError;

  /** The options as they were given: what is made of them cannot be made again of the result. */
  readonly #given: ClientOptions;

  /** Throws `ColloquyError` if `baseURL` is no HTTP URL, or there is no such `logLevel`. */
  constructor(options: ClientOptions = {}) {
    const { logger = console, fetch = platformFetch } = options;
    const level = options.logLevel ?? readLogLevel(logger);
    super({ ...options, fetch: logRequests({ level, logger, fetch }) });
    this.#given = options;
  }

  /** Another client like this one, but for these options. Throws as the constructor does. */
  override withOptions(options: ClientOptions): this {
    const Client = this.constructor as new (options: ClientOptions) => this;
    return new Client({ ...this.#given, ...dropUndefined(options) });
  }

  /** Calls an endpoint that has no method of its own: `client.get('/batches', { query: { limit: '2' } })`. */
  get<T = unknown>(path: string, options?: RequestOptions): APIPromise<T> {
    return this.#call('GET', path, options);
  }

  /** See {@link get}. */
  post<T = unknown>(path: string, options?: RequestOptions): APIPromise<T> {
    return this.#call('POST', path, options);
  }

  /** See {@link get}. */
  put<T = unknown>(path: string, options?: RequestOptions): APIPromise<T> {
    return this.#call('PUT', path, options);
  }

  /** See {@link get}. */
  patch<T = unknown>(path: string, options?: RequestOptions): APIPromise<T> {
    return this.#call('PATCH', path, options);
  }

  /** See {@link get}. */
  delete<T = unknown>(path: string, options?: RequestOptions): APIPromise<T> {
    return this.#call('DELETE', path, options);
  }

  #call<T>(method: Call['method'], path: string, options: RequestOptions = {}): APIPromise<T> {
    return requestJson<T>(this.options, { method, path, body: options.body }, options);
  }
}

/** The types, under the names by which programs written for `openai` know them. */
// oxlint-disable-next-line typescript/no-namespace -- `OpenAI.ChatCompletion` is a type beside the class
export declare namespace OpenAI {
  export { type chat as Chat, type ClientOptions, type RequestOptions };
  export type ChatCompletion = contract.ChatCompletion;
  export type ChatCompletionAllowedToolChoice = contract.ChatCompletionAllowedToolChoice;
  export type ChatCompletionAllowedTools = contract.ChatCompletionAllowedTools;
  export type ChatCompletionAssistantMessageParam = contract.ChatCompletionAssistantMessageParam;
  export type ChatCompletionAudio = contract.ChatCompletionAudio;
  export type ChatCompletionAudioParam = contract.ChatCompletionAudioParam;
  export type ChatCompletionChunk = contract.ChatCompletionChunk;
  export type ChatCompletionContentPart = contract.ChatCompletionContentPart;
  export type ChatCompletionContentPartImage = contract.ChatCompletionContentPartImage;
  export type ChatCompletionContentPartInputAudio = contract.ChatCompletionContentPartInputAudio;
  export type ChatCompletionContentPartRefusal = contract.ChatCompletionContentPartRefusal;
  export type ChatCompletionContentPartText = contract.ChatCompletionContentPartText;
  export type ChatCompletionCreateParams = contract.ChatCompletionCreateParams;
  export type ChatCompletionCreateParamsBase = contract.ChatCompletionCreateParamsBase;
  export type ChatCompletionCreateParamsNonStreaming = contract.ChatCompletionCreateParamsNonStreaming;
  export type ChatCompletionCreateParamsStreaming = contract.ChatCompletionCreateParamsStreaming;
  export type ChatCompletionCustomTool = contract.ChatCompletionCustomTool;
  export type ChatCompletionDeleted = contract.ChatCompletionDeleted;
  export type ChatCompletionDeveloperMessageParam = contract.ChatCompletionDeveloperMessageParam;
  export type ChatCompletionFinishReason = contract.ChatCompletionFinishReason;
  export type ChatCompletionFunctionCallOption = contract.ChatCompletionFunctionCallOption;
  export type ChatCompletionFunctionMessageParam = contract.ChatCompletionFunctionMessageParam;
  export type ChatCompletionFunctionTool = contract.ChatCompletionFunctionTool;
  export type ChatCompletionList = contract.ChatCompletionList;
  export type ChatCompletionListParams = contract.ChatCompletionListParams;
  export type ChatCompletionMessage = contract.ChatCompletionMessage;
  export type ChatCompletionMessageCustomToolCall = contract.ChatCompletionMessageCustomToolCall;
  export type ChatCompletionMessageFunctionToolCall = contract.ChatCompletionMessageFunctionToolCall;
  export type ChatCompletionMessageList = contract.ChatCompletionMessageList;
  export type ChatCompletionMessageParam = contract.ChatCompletionMessageParam;
  export type ChatCompletionMessageToolCall = contract.ChatCompletionMessageToolCall;
  export type ChatCompletionModality = contract.ChatCompletionModality;
  export type ChatCompletionNamedToolChoice = contract.ChatCompletionNamedToolChoice;
  export type ChatCompletionNamedToolChoiceCustom = contract.ChatCompletionNamedToolChoiceCustom;
  export type ChatCompletionPredictionContent = contract.ChatCompletionPredictionContent;
  export type ChatCompletionReasoningEffort = contract.ChatCompletionReasoningEffort;
  export type ChatCompletionRole = contract.ChatCompletionRole;
  export type ChatCompletionStoreMessage = contract.ChatCompletionStoreMessage;
  export type ChatCompletionStreamOptions = contract.ChatCompletionStreamOptions;
  export type ChatCompletionSystemMessageParam = contract.ChatCompletionSystemMessageParam;
  export type ChatCompletionTokenLogprob = contract.ChatCompletionTokenLogprob;
  export type ChatCompletionTool = contract.ChatCompletionTool;
  export type ChatCompletionToolChoiceOption = contract.ChatCompletionToolChoiceOption;
  export type ChatCompletionToolMessageParam = contract.ChatCompletionToolMessageParam;
  export type ChatCompletionUpdateParams = contract.ChatCompletionUpdateParams;
  export type ChatCompletionUserMessageParam = contract.ChatCompletionUserMessageParam;
  export type CompletionStatus = contract.CompletionStatus;
  export type CompletionUsage = contract.CompletionUsage;
  export type CursorPageParams = contract.CursorPageParams;
  export type ErrorBody = contract.ErrorBody;
  export type ErrorObject = contract.ErrorObject;
  export type FunctionDefinition = contract.FunctionDefinition;
  export type FunctionParameters = contract.FunctionParameters;
  export type GetChatCompletionResponse = contract.GetChatCompletionResponse;
  export type MessageListParams = contract.MessageListParams;
  export type Metadata = contract.Metadata;
  export type Model = contract.Model;
  export type ModelList = contract.ModelList;
  export type PromptCacheBreakpoint = contract.PromptCacheBreakpoint;
  export type ReasoningEffort = contract.ReasoningEffort;
  export type ResponseFormat = contract.ResponseFormat;
  export type ResponseFormatJSONObject = contract.ResponseFormatJSONObject;
  export type ResponseFormatJSONSchema = contract.ResponseFormatJSONSchema;
  export type ResponseFormatText = contract.ResponseFormatText;
  export type ServiceTier = contract.ServiceTier;
  export type StoredChatCompletion = contract.StoredChatCompletion;
  export type UpdateChatCompletionResponse = contract.UpdateChatCompletionResponse;
}

function readLogLevel(logger: Logger): LogLevel | undefined {
  const level = readVariable('OPENAI_LOG');
  if (level === undefined || isLogLevel(level)) return level;
  // A program should not fail over how it is watched.
  logger.warn(`OPENAI_LOG: "${level}" is no level of the log`);
  return undefined;
}
