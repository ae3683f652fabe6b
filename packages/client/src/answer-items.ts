// The events of a streaming answer as items: what each of them means, and which end of the answer is one.

import type { ErrorObject } from './contract/errors.ts';
import { APIConnectionError, ColloquyError, findErrorObject, toReportedError } from './errors.ts';
import type { Answer } from './request.ts';
import { SseDecoder, type ServerSentEvent } from './sse.ts';
import type { ItemSource } from './stream.ts';

/** The event that ends a stream; it carries no JSON. */
const DONE = '[DONE]';

/** How long the end of the answer may take after `[DONE]`, in milliseconds; then the connection is closed. */
const END_WAIT_MS = 100;

/** Reads a streaming answer. What one read of its body brought is parsed in one go, which costs less than by and by. */
export class AnswerItems<Item> implements ItemSource<Item> {
  readonly #answer: Answer;
  readonly #reader: ReadableStreamDefaultReader<Uint8Array> | undefined;
  readonly #decoder = new SseDecoder();
  /** Whether each choice, by its index, has ended. */
  readonly #isFinished = new Map<unknown, boolean>();
  #isWhole = false;
  /** What the reader is told after the items that came before it. */
  #failure: unknown;

  constructor(answer: Answer) {
    this.#answer = answer;
    this.#reader = answer.response.body?.getReader();
    // The head has come. While nobody reads, nothing is waited for.
    answer.lifetime.unlimit();
  }

  async read(): Promise<readonly Item[]> {
    const { lifetime, idleTimeout } = this.#answer;
    // Comments alone do not set it back.
    lifetime.limit(idleTimeout, 'The stream had no event');
    try {
      for (;;) {
        if (this.#failure !== undefined) throw this.#failure;
        if (this.#isWhole) {
          lifetime.close();
          return [];
        }
        const items = await this.#readOnce();
        if (items.length > 0) return items;
      }
    } finally {
      lifetime.unlimit();
    }
  }

  leave(): void {
    this.#answer.lifetime.close();
    this.#answer.lifetime.controller.abort();
  }

  async #readOnce(): Promise<Item[]> {
    const piece = await this.#reader?.read().catch((error: unknown) => {
      throw this.#answer.lifetime.explain(error, 'The stream broke off');
    });
    if (piece?.value !== undefined) return this.#parse(this.#decoder.push(piece.value));
    // An event that was cut in the middle is none.
    const items = this.#parse(this.#decoder.flush().filter(isReadable));
    // Some servers leave out [DONE]; a reason for the end of each choice says as much.
    const ends = [...this.#isFinished.values()];
    if (ends.length > 0 && !ends.includes(false)) this.#end();
    else this.#failure ??= new APIConnectionError('The stream ended before the completion did');
    return items;
  }

  #parse(events: readonly ServerSentEvent[]): Item[] {
    const items: Item[] = [];
    try {
      for (const event of events) {
        if (event.data === DONE) {
          this.#end();
          break;
        }
        const item = parseItem(event, this.#answer.response.headers);
        this.#noteEnd(item);
        // The server's word is taken for the shape: checking each chunk would cost more than reading it.
        items.push(item as Item);
      }
    } catch (error) {
      this.#failure = error;
    }
    return items;
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
  #end(): void {
    this.#isWhole = true;
    if (this.#reader !== undefined) void readRest(this.#reader);
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

function parseItem({ event, data }: ServerSentEvent, headers: Headers): unknown {
  const isError = event === 'error';
  let item: unknown;
  try {
    item = JSON.parse(data);
  } catch (cause) {
    // A server in trouble may not find the words in JSON.
    if (isError) throw toReportedError({ message: data }, headers);
    throw new ColloquyError(`The server sent an event that is not JSON: ${data.slice(0, 200)}`, { cause });
  }
  const error = findErrorObject(item) ?? (isError ? toErrorObject(item) : undefined);
  if (error !== undefined) throw toReportedError(error, headers);
  return item;
}

function toErrorObject(item: unknown): Partial<ErrorObject> {
  return typeof item === 'object' && item !== null ? item : { message: String(item) };
}
