// A streamed completion that tells what it brings, and becomes a whole completion at its end.

import { ChatCompletionAccumulator } from '../accumulator.ts';
import type { ChatCompletionChunk } from '../contract/chat-completion-chunk.ts';
import type { ChatCompletionCreateParamsBase } from '../contract/create-chat-completion.ts';
import { APIConnectionError, APIError, ColloquyError, findErrorObject, toReportedError } from '../errors.ts';
import { readLines, writeLines } from '../json-lines.ts';
import { explainAbort } from '../lifetime.ts';
import {
  isStructured,
  readCompletion,
  type ParsedChatCompletion,
  type ReadingParams,
} from '../schema/parsed-chat-completion.ts';
import type { ItemSource, Stream } from '../stream.ts';
import type { ChatCompletionSnapshot, ChatCompletionStreamEvents } from './chat-completion-events.ts';
import { ChoiceEvents, type Listeners } from './choice-events.ts';
import { Conversation } from './conversation.ts';
import { readMessageLine } from './message-line.ts';

/** A request whose answer is streamed, said or not. */
export interface ChatCompletionStreamParams extends Omit<ChatCompletionCreateParamsBase, 'stream'> {
  stream?: true | undefined;
}

/**
 * A streamed completion. Listen to its events, iterate over its chunks, or wait for what it becomes.
 *
 * It is read as fast as it comes; while it is iterated over, only as fast as its fastest loop goes, unless a promise
 * of its end was asked for. A loop that is left aborts the request.
 *
 * @example
 * const stream = streamChatCompletion(options, { model: 'eliza', messages });
 * stream.on('content', (delta) => process.stdout.write(delta));
 * const completion = await stream.finalChatCompletion();
 */
export class ChatCompletionStream<ParsedT = null>
  extends Conversation<ChatCompletionStreamEvents<ParsedT>, ParsedT>
  implements AsyncIterable<ChatCompletionChunk>
{
  #params: ReadingParams = {};
  #accumulator: ChatCompletionAccumulator | undefined;
  readonly #choices = new Map<number, ChoiceEvents>();
  readonly #listeners: Listeners = {
    hears: (event) => this.hears(event),
    emit: (event, ...values) => this.emit(event, ...values),
  };

  /** A stream of the chunks that `open` resolves with. The signal given to `open` is the stream's own. */
  static open<ParsedT>(
    params: ChatCompletionStreamParams,
    signal: AbortSignal | null | undefined,
    open: (signal: AbortSignal) => PromiseLike<Stream<ChatCompletionChunk>>,
  ): ChatCompletionStream<ParsedT> {
    const stream = new ChatCompletionStream<ParsedT>(signal);
    return stream.converse(params.messages, async () =>
      stream.read(await open(stream.controller.signal), params, isStructured(params)),
    );
  }

  /** The stream from which another one's `toReadableStream` came, on the other side of a connection. */
  static fromReadableStream(lines: ReadableStream<Uint8Array>): ChatCompletionStream {
    const stream = new ChatCompletionStream();
    return stream.converse([], () => stream.readLines(lines));
  }

  /**
   * The completion that is arriving, as far as it has come; a copy. Undefined before its first chunk and once it is
   * whole. Of a stream that failed it is what came before.
   */
  get currentChatCompletionSnapshot(): ChatCompletionSnapshot | undefined {
    return this.#accumulator?.completion();
  }

  /** The chunks from now on. */
  [Symbol.asyncIterator](): AsyncIterableIterator<ChatCompletionChunk, undefined> {
    return this.iterate('item');
  }

  /** What comes from now on as lines of JSON, for `fromReadableStream` elsewhere. */
  toReadableStream(): ReadableStream<Uint8Array> {
    return writeLines(this.iterate('line'));
  }

  /** Reads one completion. Only what has a structure must be whole, and is read by it. */
  protected async read(
    chunks: Stream<ChatCompletionChunk>,
    params: ReadingParams,
    mustBeWhole: boolean,
  ): Promise<ParsedChatCompletion<ParsedT>> {
    this.#params = params;
    this.emit('connect');
    await this.#readAll(chunks.takeSource(), (chunk) => this.#take(chunk));
    return this.#finish(mustBeWhole);
  }

  /** Reads completions from lines, of which each has another id, and the results of tools between them. */
  protected async readLines(lines: ReadableStream<Uint8Array>): Promise<void> {
    let id = '';
    this.emit('connect');
    await this.#readAll(readLines<ChatCompletionChunk>(lines), (chunk) => {
      const error = findErrorObject(chunk);
      if (error !== undefined) throw toReportedError(error, new Headers());
      const message = readMessageLine(chunk);
      const isNext = message !== undefined || (id && chunk.id && chunk.id !== id);
      if (isNext && this.#accumulator !== undefined) this.#finish(false);
      id = chunk.id || id;
      if (message === undefined) this.#take(chunk);
      else this.addMessage(message);
    });
    // A run may end with a result.
    if (this.#accumulator === undefined && this.allChatCompletions().length > 0) return;
    // Lines have no [DONE] to say that they are all.
    if (this.#accumulator?.isFinished === false) {
      throw new APIConnectionError('The stream ended before the completion did');
    }
    this.#finish(false);
  }

  /** Takes the chunks of one read in one go, unless a reader is too slow for them. */
  async #readAll(
    source: ItemSource<ChatCompletionChunk>,
    take: (chunk: ChatCompletionChunk) => void,
  ): Promise<void> {
    const { signal } = this.controller;
    const leave = (): void => source.leave();
    // A source of its own has no other signal.
    signal.addEventListener('abort', leave);
    try {
      if (signal.aborted) throw explainAbort(signal);
      for (let chunks = await source.read(); chunks.length > 0; chunks = await source.read()) {
        for (const chunk of chunks) {
          if (signal.aborted) throw explainAbort(signal);
          take(chunk);
          const pause = this.pause();
          if (pause !== undefined) await pause;
        }
      }
      if (signal.aborted) throw explainAbort(signal);
    } catch (error) {
      leave();
      if (error instanceof APIError) error.completion = this.#accumulator?.completion();
      throw error;
    } finally {
      signal.removeEventListener('abort', leave);
    }
  }

  #take(chunk: ChatCompletionChunk): void {
    const accumulator = (this.#accumulator ??= new ChatCompletionAccumulator());
    accumulator.add(chunk);
    if (this.hears('item')) this.emit('item', chunk);
    if (this.hears('line')) this.emit('line', chunk);
    if (this.hears('chunk')) this.emit('chunk', chunk, accumulator.completion());
    if (!this.isHeard) return;
    for (const piece of chunk.choices ?? []) {
      const choice = accumulator.choice(piece.index ?? 0);
      if (choice !== undefined) this.#eventsOf(choice.index).take(piece, choice);
    }
  }

  #eventsOf(index: number): ChoiceEvents {
    const known = this.#choices.get(index);
    if (known !== undefined) return known;
    const events = new ChoiceEvents(this.#listeners, this.#params);
    this.#choices.set(index, events);
    return events;
  }

  #finish(mustBeWhole: boolean): ParsedChatCompletion<ParsedT> {
    const accumulator = this.#accumulator;
    if (accumulator === undefined) throw new ColloquyError('The stream ended without a chunk');
    for (const [index, events] of this.#choices) {
      const choice = accumulator.choice(index);
      if (choice !== undefined) events.end(choice);
    }
    this.#choices.clear();
    const completion = accumulator.completion() as ParsedChatCompletion<ParsedT>;
    if (mustBeWhole) readCompletion(completion, this.#params);
    else for (const { message } of completion.choices) message.parsed = null;
    this.#accumulator = undefined;
    return this.addCompletion(completion);
  }
}
