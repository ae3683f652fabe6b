// The class that binds the six operations to one configuration, under the names that `openai` gives them.

import type { APIPromise } from './api-promise.ts';
import type {
  ChatCompletion,
  ChatCompletionChunk,
  ChatCompletionCreateParams,
  ChatCompletionCreateParamsNonStreaming,
  ChatCompletionCreateParamsStreaming,
  ChatCompletionDeleted,
  ChatCompletionListParams,
  MessageListParams,
  Model,
  ChatCompletionStoreMessage,
  ChatCompletionUpdateParams,
  StoredChatCompletion,
} from './contract/index.ts';
import { createChatCompletion } from './operations/create-chat-completion.ts';
import { deleteChatCompletion } from './operations/delete-chat-completion.ts';
import { getChatCompletionMessages } from './operations/get-chat-completion-messages.ts';
import { getChatCompletion } from './operations/get-chat-completion.ts';
import { listChatCompletions } from './operations/list-chat-completions.ts';
import { listModels } from './operations/list-models.ts';
import { retrieveModel } from './operations/retrieve-model.ts';
import { updateChatCompletion } from './operations/update-chat-completion.ts';
import { resolveOptions, type ClientOptions, type RequestOptions, type ResolvedOptions } from './options.ts';
import type { PagePromise } from './page.ts';
import type { Stream } from './stream.ts';

/**
 * A client for the Chat Completions API, of OpenAI or of any server that speaks it.
 *
 * @example
 * const client = new Colloquy({ baseURL: 'http://127.0.0.1:8787/v1' });
 * const completion = await client.chat.completions.create({
 *   model: 'eliza',
 *   messages: [{ role: 'user', content: 'I feel fine.' }],
 *   store: true,
 * });
 */
export class Colloquy {
  readonly chat: Chat;
  readonly models: Models;
  readonly #options: ResolvedOptions;

  /** Throws `ColloquyError` if `baseURL` is no HTTP URL. */
  constructor(options: ClientOptions = {}) {
    this.#options = resolveOptions(options);
    this.chat = new Chat(this.#options);
    this.models = new Models(this.#options);
  }

  /** Another client like this one, but for these options. Throws `ColloquyError` if `baseURL` is no HTTP URL. */
  withOptions(options: ClientOptions): Colloquy {
    const given = Object.entries(options).filter(([, value]) => value !== undefined);
    return new Colloquy({ ...this.#options, ...Object.fromEntries(given) });
  }
}

/** `client.chat` */
export class Chat {
  readonly completions: Completions;

  constructor(options: ResolvedOptions) {
    this.completions = new Completions(options);
  }
}

/** `client.chat.completions`: each method is the operation of the same purpose, bound to the client. */
export class Completions {
  readonly messages: Messages;
  readonly #options: ResolvedOptions;

  constructor(options: ResolvedOptions) {
    this.#options = options;
    this.messages = new Messages(options);
  }

  /** See {@link createChatCompletion}. */
  create(
    params: ChatCompletionCreateParamsNonStreaming,
    options?: RequestOptions,
  ): APIPromise<ChatCompletion>;
  create(
    params: ChatCompletionCreateParamsStreaming,
    options?: RequestOptions,
  ): APIPromise<Stream<ChatCompletionChunk>>;
  create(
    params: ChatCompletionCreateParams,
    options?: RequestOptions,
  ): APIPromise<ChatCompletion | Stream<ChatCompletionChunk>>;
  create(
    params: ChatCompletionCreateParams,
    options?: RequestOptions,
  ): APIPromise<ChatCompletion | Stream<ChatCompletionChunk>> {
    return createChatCompletion(this.#options, params, options);
  }

  /** See {@link listChatCompletions}. */
  list(query?: ChatCompletionListParams, options?: RequestOptions): PagePromise<StoredChatCompletion> {
    return listChatCompletions(this.#options, query, options);
  }

  /** See {@link getChatCompletion}. */
  retrieve(completionId: string, options?: RequestOptions): APIPromise<StoredChatCompletion> {
    return getChatCompletion(this.#options, completionId, options);
  }

  /** See {@link updateChatCompletion}. */
  update(
    completionId: string,
    params: ChatCompletionUpdateParams,
    options?: RequestOptions,
  ): APIPromise<StoredChatCompletion> {
    return updateChatCompletion(this.#options, completionId, params, options);
  }

  /** See {@link deleteChatCompletion}. */
  delete(completionId: string, options?: RequestOptions): APIPromise<ChatCompletionDeleted> {
    return deleteChatCompletion(this.#options, completionId, options);
  }
}

/** `client.chat.completions.messages` */
export class Messages {
  readonly #options: ResolvedOptions;

  constructor(options: ResolvedOptions) {
    this.#options = options;
  }

  /** See {@link getChatCompletionMessages}. */
  list(
    completionId: string,
    query?: MessageListParams,
    options?: RequestOptions,
  ): PagePromise<ChatCompletionStoreMessage> {
    return getChatCompletionMessages(this.#options, completionId, query, options);
  }
}

/** `client.models` */
export class Models {
  readonly #options: ResolvedOptions;

  constructor(options: ResolvedOptions) {
    this.#options = options;
  }

  /** See {@link listModels}. */
  list(options?: RequestOptions): PagePromise<Model> {
    return listModels(this.#options, options);
  }

  /** See {@link retrieveModel}. */
  retrieve(model: string, options?: RequestOptions): APIPromise<Model> {
    return retrieveModel(this.#options, model, options);
  }
}
