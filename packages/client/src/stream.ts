// A streamed answer as the caller iterates it.

import type { ErrorObject } from './contract/errors.ts';
import {
  APIConnectionError,
  APIError,
  APIUserAbortError,
  ColloquyError,
  describeError,
  findErrorObject,
} from './errors.ts';
import { SseDecoder, type ServerSentEvent } from './sse.ts';

/** The event that ends a stream; it carries no JSON. */
const DONE = '[DONE]';

/** How long the end of the answer may take after `[DONE]`, in milliseconds; then the connection is closed. */
const END_WAIT_MS = 100;

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
      for (const event of done ? decoder.flush() : decoder.push(value)) {
        // The signal may have fired since the bytes of this event were read.
        signal.throwIfAborted();
        yield event;
      }
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
