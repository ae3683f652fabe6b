// A stream that is kept: the upstream's bytes in, the caller's bytes out, and the completion merged on the way.

import { ChatCompletionAccumulator, SseDecoder, type ServerSentEvent } from '@colloquy/client';
import type { ChatCompletion, ChatCompletionChunk } from '@colloquy/client/contract';

import { changeMembers } from '../json/members.ts';
import { parseObject, type JsonObject } from '../json/parse-object.ts';
import type { Keep } from './plan.ts';

const DONE = '[DONE]';

export class KeptStream {
  readonly #keep: Keep;
  readonly #accumulator = new ChatCompletionAccumulator();
  readonly #decoder = new SseDecoder((comment) => (this.#out += `:${comment}\n\n`));
  /** What this push lets through. */
  #out = '';
  #isDone = false;
  #error: unknown;

  constructor(keep: Keep) {
    this.#keep = keep;
  }

  /** Returns what the caller gets for these bytes: the same events under our id, `[DONE]` held back. */
  push(bytes: Uint8Array): Uint8Array {
    return this.#relay(this.#decoder.push(bytes));
  }

  /** Returns what remains when the upstream has ended. An event that was cut in the middle is none. */
  flush(): Uint8Array {
    return this.#relay(this.#decoder.flush().filter(({ data }) => data === DONE || parseObject(data)));
  }

  /** Whether `[DONE]` was read. What follows it is not part of the answer. */
  get isDone(): boolean {
    return this.#isDone;
  }

  /** Whether the answer is whole; some servers leave out `[DONE]`, so a reason for the end of each choice counts as well. */
  get isComplete(): boolean {
    return this.#error === undefined && (this.#isDone || this.#hasEveryEnd);
  }

  get #hasEveryEnd(): boolean {
    return this.#accumulator.isFinished && this.completion().choices.length >= this.#keep.choices;
  }

  /** What the upstream itself reported as an error in the stream. The caller has seen it. */
  get error(): unknown {
    return this.#error;
  }

  /** The upstream's completion as far as it arrived. */
  completion(): ChatCompletion {
    return this.#accumulator.completion();
  }

  #relay(events: readonly ServerSentEvent[]): Uint8Array {
    for (const event of events) this.#take(event);
    const out = Buffer.from(this.#out);
    this.#out = '';
    return out;
  }

  #take({ event, data }: ServerSentEvent): void {
    // After an error, `[DONE]` would present a part as the whole.
    if (this.#isDone || this.#error !== undefined) return;
    if (data === DONE) {
      this.#isDone = true;
      return;
    }
    // Servers that ping with an empty event mean nothing by it.
    if (data === '') return;
    const chunk = parseObject(data);
    if (event === 'error' || chunk === undefined || chunk['error']) {
      this.#error = chunk?.['error'] ?? chunk ?? data;
      this.#out += frame(event, data);
    } else if (chunk['choices'] === undefined && chunk['id'] === undefined) {
      // Something of the upstream's own: no part of the completion.
      this.#out += frame(event, data);
    } else {
      this.#takeChunk(event, data, chunk);
    }
  }

  #takeChunk(event: string, data: string, chunk: JsonObject): void {
    this.#accumulator.add(chunk as unknown as ChatCompletionChunk);
    if (this.#keep.hidesUsage && isUsageOnly(chunk)) return;
    const changes: Record<string, string | undefined> = { id: JSON.stringify(this.#keep.id) };
    // Asking for usage also puts `usage: null` on every other chunk.
    if (this.#keep.hidesUsage && chunk['usage'] === null) changes['usage'] = undefined;
    const changed = changeMembers(Buffer.from(data), changes);
    this.#out += frame(event, Buffer.from(changed).toString());
  }
}

/** Data of several lines goes out as it came: a line each. */
function frame(event: string, data: string): string {
  const lines = data.includes('\n') ? data.replaceAll('\n', '\ndata: ') : data;
  return event === '' ? `data: ${lines}\n\n` : `event: ${event}\ndata: ${lines}\n\n`;
}

function isUsageOnly(chunk: JsonObject): boolean {
  return Array.isArray(chunk['choices']) && chunk['choices'].length === 0 && Boolean(chunk['usage']);
}
