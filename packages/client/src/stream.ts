// A streamed answer as the caller iterates it.

import type { ErrorObject } from './contract/errors.ts';
import { APIConnectionError, APIError, APIUserAbortError, ColloquyError } from './errors.ts';
import { SseDecoder, type ServerSentEvent } from './sse.ts';

/** The event that ends a stream; it carries no JSON. */
const DONE = '[DONE]';

/**
 * The chunks of a streaming answer: `for await (const chunk of stream)`. It is read once.
 *
 * Leaving the loop closes the connection. Iteration throws `APIUserAbortError` if the caller's signal fires,
 * `APIConnectionError` if the connection breaks, `APIError` if the server reports an error inside the stream.
 */
export class Stream<Item> implements AsyncIterable<Item> {
  /** Aborts the request, and the iteration with it. */
  readonly controller: AbortController;
  readonly #response: Response;
  readonly #signal: AbortSignal;
  #isRead = false;

  /** `signal` is what the request was sent with: it fires for the controller, and for the caller's own signal. */
  constructor(response: Response, controller: AbortController, signal: AbortSignal = controller.signal) {
    this.#response = response;
    this.#signal = signal;
    this.controller = controller;
  }

  async *[Symbol.asyncIterator](): AsyncGenerator<Item, void, undefined> {
    if (this.#isRead) throw new ColloquyError('A stream is read once; keep the chunks to read them again');
    this.#isRead = true;
    let ended = false;
    try {
      for await (const event of readEvents(this.#response, this.#signal)) {
        if (event.data === DONE) break;
        yield parseItem<Item>(event, this.#response.headers);
      }
      ended = true;
    } finally {
      // The loop was left early, by the caller or by an error: nobody will read the rest.
      if (!ended) this.controller.abort();
    }
  }
}

async function* readEvents(response: Response, signal: AbortSignal): AsyncGenerator<ServerSentEvent> {
  if (response.body === null) return;
  const reader = response.body.getReader();
  const decoder = new SseDecoder();
  try {
    for (;;) {
      const { done, value } = await reader.read();
      yield* done ? decoder.flush() : decoder.push(value);
      if (done) return;
    }
  } catch (error) {
    if (signal.aborted) throw new APIUserAbortError(error);
    throw new APIConnectionError('The stream broke off', error);
  } finally {
    void leave(reader);
  }
}

/** Reads the end of the body, which follows `[DONE]` at once, so that the connection can serve the next call. */
async function leave(reader: ReadableStreamDefaultReader<Uint8Array>): Promise<void> {
  try {
    const { done } = await reader.read();
    if (!done) await reader.cancel();
  } catch {
    // Broken or aborted: there is nothing left to release.
  }
}

function parseItem<Item>(event: ServerSentEvent, headers: Headers): Item {
  let item: unknown;
  try {
    item = JSON.parse(event.data);
  } catch (error) {
    throw new ColloquyError(`The server sent an event that is not JSON: ${event.data.slice(0, 200)}`, {
      cause: error,
    });
  }
  const error = readError(item, event.event === 'error');
  if (error !== undefined) {
    throw new APIError(
      undefined,
      error,
      error.message ?? 'The server reported an error in the stream',
      headers,
    );
  }
  // The server's word is taken for the shape: checking each chunk would cost more than reading it.
  return item as Item;
}

function readError(item: unknown, isErrorEvent: boolean): Partial<ErrorObject> | undefined {
  if (typeof item !== 'object' || item === null) return undefined;
  const { error } = item as { error?: unknown };
  if (error) return typeof error === 'object' ? error : { message: JSON.stringify(error) };
  return isErrorEvent ? item : undefined;
}
