// A streamed answer as the caller iterates it.

import type { ErrorObject } from './contract/errors.ts';
import { APIConnectionError, APIError, ColloquyError, describeError, findErrorObject } from './errors.ts';
import type { Answer } from './request.ts';
import { SseDecoder, type ServerSentEvent } from './sse.ts';

/** The event that ends a stream; it carries no JSON. */
const DONE = '[DONE]';

/** How long the end of the answer may take after `[DONE]`, in milliseconds; then the connection is closed. */
const END_WAIT_MS = 100;

/**
 * The chunks of a streaming answer: `for await (const chunk of stream)`. It is read once, and only as fast as the
 * loop goes.
 *
 * Leaving the loop closes the connection. Iteration throws `APIUserAbortError` if the caller's signal fires,
 * `APIConnectionTimeoutError` if no event comes in time, `APIConnectionError` if the connection breaks or the answer
 * ends before the completion does, `APIError` if the server reports an error inside the stream.
 */
export class Stream<Item> implements AsyncIterable<Item> {
  /** Aborts the request, and the iteration with it. */
  readonly controller: AbortController;
  readonly #answer: Answer;
  #isRead = false;

  constructor(answer: Answer) {
    this.#answer = answer;
    this.controller = answer.lifetime.controller;
    // The head has come. While nobody reads, nothing is waited for.
    answer.lifetime.unlimit();
  }

  [Symbol.asyncIterator](): AsyncIterableIterator<Item, undefined> {
    if (this.#isRead) throw new ColloquyError('A stream is read once; keep the chunks to read them again');
    this.#isRead = true;
    return new StreamIterator<Item>(this.#answer);
  }
}

/** Written by hand: what has come already is given out without the further promises of an async generator. */
class StreamIterator<Item> implements AsyncIterableIterator<Item, undefined> {
  readonly #answer: Answer;
  readonly #reader: ReadableStreamDefaultReader<Uint8Array> | undefined;
  readonly #decoder = new SseDecoder();
  /** What the last read brought, and how much of it was given out. */
  #events: readonly ServerSentEvent[] = [];
  #given = 0;
  #filling: Promise<void> | undefined;
  #hasEnded = false;
  #isOver = false;
  /** Whether each choice, by its index, has ended. */
  readonly #isFinished = new Map<unknown, boolean>();

  constructor(answer: Answer) {
    this.#answer = answer;
    this.#reader = answer.response.body?.getReader();
  }

  [Symbol.asyncIterator](): this {
    return this;
  }

  async next(): Promise<IteratorResult<Item, undefined>> {
    // Whoever asks for the next chunk before the last one came gets them in the order of asking.
    while (this.#filling !== undefined) await this.#filling;
    if (this.#isOver) return { done: true, value: undefined };
    try {
      if (this.#given === this.#events.length && !this.#hasEnded) {
        this.#filling = this.#fill();
        await this.#filling;
      }
      return this.#take();
    } catch (error) {
      this.#leave();
      throw error;
    }
  }

  async return(): Promise<IteratorResult<Item, undefined>> {
    this.#leave();
    return { done: true, value: undefined };
  }

  /** Reads until there is an event, or the answer has ended. Comments alone do not set back the clock. */
  async #fill(): Promise<void> {
    const { lifetime, idleTimeout } = this.#answer;
    lifetime.limit(idleTimeout, 'The stream had no event');
    try {
      do {
        const { done, value } = (await this.#reader?.read()) ?? { done: true };
        this.#hasEnded = done;
        // An event that was cut in the middle is none.
        this.#events = done ? this.#decoder.flush().filter(isReadable) : this.#decoder.push(value);
        this.#given = 0;
      } while (this.#events.length === 0 && !this.#hasEnded);
    } catch (error) {
      throw lifetime.explain(error, 'The stream broke off');
    } finally {
      lifetime.unlimit();
      this.#filling = undefined;
    }
  }

  #take(): IteratorResult<Item, undefined> {
    const { response, lifetime } = this.#answer;
    // The signal may have fired since the bytes of this event were read.
    if (lifetime.signal.aborted) throw lifetime.explain(undefined, '');
    const event = this.#events[this.#given];
    this.#given += 1;
    if (event?.data === DONE) return this.#end();
    if (event !== undefined) {
      const value = parseItem<Item>(event, response.headers);
      this.#noteEnd(value);
      return { done: false, value };
    }
    // Some servers leave out [DONE]; a reason for the end of each choice says as much.
    if (!this.#isWhole) throw new APIConnectionError('The stream ended before the completion did');
    return this.#end();
  }

  get #isWhole(): boolean {
    return this.#isFinished.size > 0 && ![...this.#isFinished.values()].includes(false);
  }

  #noteEnd(chunk: unknown): void {
    const choices: unknown = (chunk as { choices?: unknown } | null)?.choices;
    if (!Array.isArray(choices)) return;
    for (const choice of choices as ({ index?: unknown; finish_reason?: unknown } | null)[]) {
      const { index, finish_reason } = choice ?? {};
      if (finish_reason || !this.#isFinished.has(index)) this.#isFinished.set(index, Boolean(finish_reason));
    }
  }

  /** The stream is whole. */
  #end(): IteratorResult<Item, undefined> {
    this.#isOver = true;
    this.#answer.lifetime.close();
    if (this.#reader !== undefined) void readRest(this.#reader);
    return { done: true, value: undefined };
  }

  /** The loop was left early, by the caller or by an error: nobody will read the rest. */
  #leave(): void {
    if (this.#isOver) return;
    this.#isOver = true;
    this.#answer.lifetime.close();
    this.#answer.lifetime.controller.abort();
  }
}

function isReadable({ event, data }: ServerSentEvent): boolean {
  // A server in trouble may not find the words in JSON.
  if (data === DONE || event === 'error') return true;
  try {
    JSON.parse(data);
    return true;
  } catch {
    return false;
  }
}

/** Reads the end of the body, which follows `[DONE]` at once, so that the connection can serve the next call. */
async function readRest(reader: ReadableStreamDefaultReader<Uint8Array>): Promise<void> {
  const cancel = () => reader.cancel().catch(() => undefined);
  const timer = setTimeout(cancel, END_WAIT_MS);
  try {
    const { done } = await reader.read();
    if (!done) await cancel();
  } catch {
    // Broken or aborted: there is nothing left to release.
  } finally {
    clearTimeout(timer);
  }
}

function parseItem<Item>(event: ServerSentEvent, headers: Headers): Item {
  const isError = event.event === 'error';
  let item: unknown;
  try {
    item = JSON.parse(event.data);
  } catch (error) {
    // A server in trouble may not find the words in JSON.
    if (isError) throw toStreamError({ message: event.data }, headers);
    throw new ColloquyError(`The server sent an event that is not JSON: ${event.data.slice(0, 200)}`, {
      cause: error,
    });
  }
  const error = findErrorObject(item) ?? (isError ? toErrorObject(item) : undefined);
  if (error !== undefined) throw toStreamError(error, headers);
  // The server's word is taken for the shape: checking each chunk would cost more than reading it.
  return item as Item;
}

function toErrorObject(item: unknown): Partial<ErrorObject> {
  return typeof item === 'object' && item !== null ? item : { message: String(item) };
}

function toStreamError(error: Partial<ErrorObject>, headers: Headers): APIError {
  const message = describeError(error) ?? 'The server reported an error in the stream';
  return new APIError(undefined, error, message, headers);
}
