// The client with everything: the small class, and the methods of `openai` that go beyond the six operations.

import type { APIPromise } from './api-promise.ts';
import { Chat as CoreChat, Colloquy as CoreColloquy, Completions as CoreCompletions } from './client.ts';
import type {
  ChatCompletion,
  ChatCompletionChunk,
  ChatCompletionCreateParams,
  ChatCompletionCreateParamsNonStreaming,
  ChatCompletionCreateParamsStreaming,
  ResponseFormat,
} from './contract/index.ts';
import type { ClientOptions, RequestOptions } from './options.ts';
import { parseChatCompletion, type ChatCompletionParseParams } from './schema/parse-chat-completion.ts';
import type {
  ExtractParsedContentFromParams,
  ParsedChatCompletion,
  ParsedContent,
} from './schema/parsed-chat-completion.ts';
import { Stream as CoreStream } from './stream.ts';
import type { ChatCompletionStream, ChatCompletionStreamParams } from './streaming/chat-completion-stream.ts';
import { streamChatCompletion } from './streaming/stream-chat-completion.ts';
import { Stream } from './streaming/stream.ts';
import {
  runTools,
  type ChatCompletionToolRunnerParams,
  type RunnerOf,
  type ToolArgs,
} from './tools/run-tools.ts';
import type { RunnerOptions } from './tools/tool-rounds.ts';

export * from './index.ts';
export * from './schema/index.ts';
export * from './streaming/index.ts';
export * from './tools/index.ts';
export { updateMetadata, type MergeMetadata } from './update-metadata.ts';
// Of the two streams, the one with more to it.
export { Stream };

/**
 * The client of `@colloquy/client` with `chat.completions.stream`, `.parse` and `.runTools`.
 *
 * @example
 * const client = new Colloquy({ baseURL: 'http://127.0.0.1:8787/v1' });
 * const stream = client.chat.completions.stream({ model: 'eliza', messages });
 * stream.on('content', (delta) => process.stdout.write(delta));
 */
export class Colloquy extends CoreColloquy {
  declare readonly chat: Chat;

  /** Throws `ColloquyError` if `baseURL` is no HTTP URL. */
  constructor(options?: ClientOptions) {
    super(options);
    this.chat = new Chat(this.options);
  }
}

export { Colloquy as default };

/** `client.chat` */
export class Chat extends CoreChat {
  declare readonly completions: Completions;

  constructor(options: ClientOptions) {
    super(options);
    this.completions = new Completions(options);
  }
}

/** `client.chat.completions` */
export class Completions extends CoreCompletions {
  readonly #options: ClientOptions;

  constructor(options: ClientOptions) {
    super(options);
    this.#options = options;
  }

  /** See {@link createChatCompletion}. */
  override create(
    params: ChatCompletionCreateParamsNonStreaming,
    options?: RequestOptions,
  ): APIPromise<ChatCompletion>;
  override create(
    params: ChatCompletionCreateParamsStreaming,
    options?: RequestOptions,
  ): APIPromise<Stream<ChatCompletionChunk>>;
  override create(
    params: ChatCompletionCreateParams,
    options?: RequestOptions,
  ): APIPromise<ChatCompletion | Stream<ChatCompletionChunk>>;
  override create(
    params: ChatCompletionCreateParams,
    options?: RequestOptions,
  ): APIPromise<ChatCompletion | Stream<ChatCompletionChunk>> {
    return super
      .create(params, options)
      .map((answer) => (answer instanceof CoreStream ? Stream.from(answer) : answer));
  }

  /** See {@link streamChatCompletion}. */
  stream<Params extends ChatCompletionStreamParams, ParsedT = ExtractParsedContentFromParams<Params>>(
    params: Params,
    options?: RequestOptions,
  ): ChatCompletionStream<ParsedT> {
    return streamChatCompletion<Params, ParsedT>(this.#options, params, options);
  }

  /** See {@link parseChatCompletion}. */
  parse<Params extends ChatCompletionParseParams, ParsedT = ExtractParsedContentFromParams<Params>>(
    params: Params,
    options?: RequestOptions,
  ): APIPromise<ParsedChatCompletion<ParsedT>> {
    return parseChatCompletion<Params, ParsedT>(this.#options, params, options);
  }

  /** See {@link runTools}. */
  runTools<
    Args extends ToolArgs,
    ToolContext,
    Format extends ResponseFormat = never,
    IsStream extends boolean = false,
    ParsedT = ParsedContent<Format>,
  >(
    params: ChatCompletionToolRunnerParams<Args, ToolContext, Format, IsStream> & {
      toolContext: ToolContext;
    },
    options?: RunnerOptions,
  ): RunnerOf<IsStream, ParsedT>;
  runTools<
    Args extends ToolArgs,
    Format extends ResponseFormat = never,
    IsStream extends boolean = false,
    ParsedT = ParsedContent<Format>,
  >(
    params: ChatCompletionToolRunnerParams<Args, unknown, Format, IsStream> & { toolContext?: undefined },
    options?: RunnerOptions,
  ): RunnerOf<IsStream, ParsedT>;
  runTools(params: Parameters<typeof runTools>[1], options?: RunnerOptions): unknown {
    return runTools(this.#options, params, options);
  }
}
