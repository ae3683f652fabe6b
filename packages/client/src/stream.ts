// A streamed answer as the caller iterates it.

import { ColloquyError } from './errors.ts';
import { explainAbort } from './lifetime.ts';

/** Where a stream's items come from, as many at once as there are. */
export interface ItemSource<Item> {
  /** Resolves with the items that came next, or with none at the end; rejects if there will be no end. */
  read(): Promise<readonly Item[]>;
  /** Nobody will read the rest. */
  leave(): void;
}

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
  #source: ItemSource<Item> | undefined;

  constructor(source: ItemSource<Item>, controller: AbortController) {
    this.#source = source;
    this.controller = controller;
  }

  [Symbol.asyncIterator](): AsyncIterableIterator<Item, undefined> {
    return new StreamIterator(this.takeSource(), this.controller.signal);
  }

  /** Hands over what the stream would read from, once: for readers that take several items at a time. */
  takeSource(): ItemSource<Item> {
    const source = this.#source;
    if (source === undefined)
      throw new ColloquyError('A stream is read once; keep the chunks to read them again');
    this.#source = undefined;
    return source;
  }
}

/** Written by hand: what has come already is given out without the further promises of an async generator. */
class StreamIterator<Item> implements AsyncIterableIterator<Item, undefined> {
  readonly #source: ItemSource<Item>;
  readonly #signal: AbortSignal;
  /** What the last read brought, and how much of it was given out. */
  #items: readonly Item[] = [];
  #given = 0;
  #reading: Promise<void> | undefined;
  #isOver = false;

  constructor(source: ItemSource<Item>, signal: AbortSignal) {
    this.#source = source;
    this.#signal = signal;
  }

  [Symbol.asyncIterator](): this {
    return this;
  }

  next(): Promise<IteratorResult<Item, undefined>> {
    if (this.#isOver) return Promise.resolve({ done: true, value: undefined });
    // The signal may have fired since these items were read. Whoever asks before the last read came waits in turn.
    if (this.#given < this.#items.length && this.#reading === undefined && !this.#signal.aborted) {
      const value = this.#items[this.#given] as Item;
      this.#given += 1;
      return Promise.resolve({ done: false, value });
    }
    this.#reading ??= this.#read();
    return this.#reading.then(() => this.next());
  }

  return(): Promise<IteratorResult<Item, undefined>> {
    if (!this.#isOver) this.#source.leave();
    this.#isOver = true;
    return this.next();
  }

  async #read(): Promise<void> {
    try {
      if (this.#signal.aborted) throw explainAbort(this.#signal);
      this.#items = await this.#source.read();
      this.#given = 0;
      this.#isOver = this.#items.length === 0;
    } catch (error) {
      void this.return();
      throw error;
    } finally {
      this.#reading = undefined;
    }
  }
}
