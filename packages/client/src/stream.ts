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
    return iterate(this.takeSource(), this.controller.signal);
  }

  /** Hands over what the stream would read from, once: for readers that take several items at a time. */
  takeSource(): ItemSource<Item> {
    const source = this.#source;
    if (!source) throw new ColloquyError('A stream is read once');
    this.#source = undefined;
    return source;
  }
}

/** Written by hand: what has come already is given out without the further promises of an async generator. */
function iterate<Item>(
  source: ItemSource<Item>,
  signal: AbortSignal,
): AsyncIterableIterator<Item, undefined> {
  /** What the last read brought, and how much of it was given out. */
  let items: readonly Item[] = [];
  let given = 0;
  let reading: Promise<IteratorResult<Item, undefined>> | undefined;
  let isOver = false;

  function give(): IteratorResult<Item, undefined> {
    if (isOver) return { done: true, value: undefined };
    const value = items[given] as Item;
    given += 1;
    return { done: false, value };
  }

  function take(read: readonly Item[]): IteratorResult<Item, undefined> {
    // Some sources end when they are aborted.
    if (signal.aborted) fail();
    reading = undefined;
    items = read;
    given = 0;
    isOver ||= items.length === 0;
    return give();
  }

  function fail(error?: unknown): never {
    const reason = signal.aborted ? explainAbort(signal) : error;
    reading = undefined;
    leave();
    throw reason;
  }

  function leave(): void {
    if (!isOver) source.leave();
    isOver = true;
  }

  function step(): Promise<IteratorResult<Item, undefined>> {
    // Whoever asks before the last read came waits in turn.
    if (reading) return reading.then(step, step);
    // The signal may have fired since these items were read.
    if (isOver || (given < items.length && !signal.aborted)) return Promise.resolve(give());
    reading = (signal.aborted ? Promise.reject() : source.read()).then(take, fail);
    return reading;
  }

  const iterator: AsyncIterableIterator<Item, undefined> = {
    next: step,
    async return() {
      leave();
      return give();
    },
    [Symbol.asyncIterator]: () => iterator,
  };
  return iterator;
}
