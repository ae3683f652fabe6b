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
import { readEnvironment } from './environment.ts';
import { ColloquyError } from './errors.ts';
import { createChatCompletion } from './operations/create-chat-completion.ts';
import { deleteChatCompletion } from './operations/delete-chat-completion.ts';
import { getChatCompletionMessages } from './operations/get-chat-completion-messages.ts';
import { getChatCompletion } from './operations/get-chat-completion.ts';
import { listChatCompletions } from './operations/list-chat-completions.ts';
import { listModels } from './operations/list-models.ts';
import { retrieveModel } from './operations/retrieve-model.ts';
import { updateChatCompletion } from './operations/update-chat-completion.ts';
import { dropUndefined, type ClientOptions, type RequestOptions } from './options.ts';
import type { PagePromise } from './page.ts';
import { retry } from './retry.ts';
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
  readonly #options: ClientOptions;

  /** Throws `ColloquyError` if `baseURL` is no HTTP URL. */
  constructor(options: ClientOptions = {}) {
    this.#options = { retry, ...dropUndefined(readEnvironment()), ...dropUndefined(options) };
    checkBaseURL(this.#options);
    this.chat = new Chat(this.#options);
    this.models = new Models(this.#options);
  }

  /** Another client like this one, but for these options. Throws `ColloquyError` if `baseURL` is no HTTP URL. */
  withOptions(options: ClientOptions): this {
    const Client = this.constructor as new (options: ClientOptions) => this;
    return new Client({ ...this.#options, ...dropUndefined(options) });
  }

  /** What its calls go by. No member, so that who prints a client does not print its key. */
  protected get options(): ClientOptions {
    return this.#options;
  }
}

/** `client.chat` */
export class Chat {
  readonly completions: Completions;

  constructor(options: ClientOptions) {
    this.completions = new Completions(options);
  }
}

/** `client.chat.completions`: each method is the operation of the same purpose, bound to the client. */
export class Completions {
  readonly messages: Messages;
  readonly #options: ClientOptions;

  constructor(options: ClientOptions) {
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
  readonly #options: ClientOptions;

  constructor(options: ClientOptions) {
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
  readonly #options: ClientOptions;

  constructor(options: ClientOptions) {
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

function checkBaseURL({ baseURL }: ClientOptions): void {
  // "localhost:8787" is a URL too, of the scheme "localhost".
  if (typeof baseURL === 'string' && !(URL.canParse(baseURL) && /^https?:/i.test(baseURL))) {
    throw new ColloquyError(
      `baseURL: "${baseURL}" is not an http(s) URL; it looks like http://127.0.0.1:8787/v1`,
    );
  }
}
