// A stream that is kept: the upstream's bytes in, the caller's bytes out, and the completion merged on the way.

import { ChatCompletionAccumulator, SseDecoder, type ServerSentEvent } from '@colloquy/client';
import type { ChatCompletion, ChatCompletionChunk } from '@colloquy/client/contract';

import { changeMembers } from '../json/members.ts';
import { parseObject, type JsonObject } from '../json/parse-object.ts';
import { fillChunk, findChunkPatterns, matchChunk, type ChunkPatterns } from './chunk-pattern.ts';
import type { Keep } from './plan.ts';

const DONE = '[DONE]';

/** So many chunks in a row that are not like the one before say that none will be. */
const MAX_MISSES = 8;

export class KeptStream {
  readonly #keep: Keep;
  readonly #accumulator = new ChatCompletionAccumulator();
  readonly #decoder = new SseDecoder((comment) => (this.#out += `:${comment}\n\n`));
  /** What this push lets through. */
  #out = '';
  #isDone = false;
  #error: unknown;
  /** Those of the last chunk that was merged, if others like it can be merged as one. */
  #patterns: ChunkPatterns | undefined;
  /** What chunks of that pattern have added since the last one was merged, as JSON. */
  #text = '';
  #misses = 0;

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
    this.#mergeText();
    return this.#accumulator.isFinished && this.completion().choices.length >= this.#keep.choices;
  }

  /** What the upstream itself reported as an error in the stream. The caller has seen it. */
  get error(): unknown {
    return this.#error;
  }

  /** The upstream's completion as far as it arrived. */
  completion(): ChatCompletion {
    this.#mergeText();
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
    if (event === '' && this.#takeLikeLast(data)) return;
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

  /** Takes a chunk that differs from the last one in its text only; returns false if it is none. */
  #takeLikeLast(data: string): boolean {
    const filling = this.#patterns && matchChunk(this.#patterns.received, data);
    if (this.#patterns === undefined || filling === undefined) return false;
    this.#misses = 0;
    this.#text += filling.text;
    // Not by `frame`: to look for line feeds would put the pieces together.
    this.#out += `data: ${fillChunk(this.#patterns.sent, filling)}\n\n`;
    return true;
  }

  #mergeText(): void {
    if (this.#patterns === undefined || this.#text === '') return;
    const chunk = fillChunk(this.#patterns.received, { text: this.#text, padding: '' });
    this.#text = '';
    this.#accumulator.add(JSON.parse(chunk) as ChatCompletionChunk);
  }

  #takeChunk(event: string, data: string, chunk: JsonObject): void {
    this.#mergeText();
    this.#patterns = undefined;
    this.#accumulator.add(chunk as unknown as ChatCompletionChunk);
    if (this.#keep.hidesUsage && isUsageOnly(chunk)) return;
    const changes: Record<string, string | undefined> = { id: JSON.stringify(this.#keep.id) };
    // Asking for usage also puts `usage: null` on every other chunk.
    if (this.#keep.hidesUsage && chunk['usage'] === null) changes['usage'] = undefined;
    const json = Buffer.from(data);
    const changed = changeMembers(json, changes);
    this.#out += frame(event, Buffer.from(changed).toString());
    this.#misses += 1;
    if (this.#misses <= MAX_MISSES) this.#patterns = findChunkPatterns(chunk, json, changed);
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
