// A stream that is kept: the upstream's bytes in, the caller's bytes out, and the completion merged on the way.

import { ChatCompletionAccumulator, SseDecoder, type ServerSentEvent } from '@colloquy/client';
import type { ChatCompletion, ChatCompletionChunk } from '@colloquy/client/contract';

import { changeMembers } from '../json/members.ts';
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

  /** Returns what remains when the upstream has ended. */
  flush(): Uint8Array {
    return this.#relay(this.#decoder.flush());
  }

  /** Whether `[DONE]` was read. What follows it is not part of the answer. */
  get isDone(): boolean {
    return this.#isDone;
  }

  /** Whether the answer is whole; some servers leave out `[DONE]`, so a reason for each end counts as well. */
  get isComplete(): boolean {
    return this.#error === undefined && (this.#isDone || this.#accumulator.isFinished);
  }

  /** Whether the upstream itself reported an error in the stream. The caller has seen it. */
  get hasError(): boolean {
    return this.#error !== undefined;
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
    const chunk = parseObject(data);
    if (event === 'error' || chunk === undefined || chunk['error']) {
      this.#error = chunk?.['error'] ?? data;
      this.#out += `${event === '' ? '' : `event: ${event}\n`}${frame(data)}`;
      return;
    }
    this.#accumulator.add(chunk as unknown as ChatCompletionChunk);
    if (this.#keep.hidesUsage && isUsageOnly(chunk)) return;
    const changes: Record<string, string | undefined> = { id: JSON.stringify(this.#keep.id) };
    // Asking for usage also puts `usage: null` on every other chunk.
    if (this.#keep.hidesUsage && chunk['usage'] === null) changes['usage'] = undefined;
    const changed = changeMembers(Buffer.from(data), changes);
    this.#out += frame(Buffer.from(changed).toString());
  }
}

/** Data of several lines goes out as it came: a line each. */
function frame(data: string): string {
  return `data: ${data.includes('\n') ? data.replaceAll('\n', '\ndata: ') : data}\n\n`;
}

function isUsageOnly(chunk: Record<string, unknown>): boolean {
  return Array.isArray(chunk['choices']) && chunk['choices'].length === 0 && Boolean(chunk['usage']);
}

function parseObject(data: string): Record<string, unknown> | undefined {
  try {
    const value: unknown = JSON.parse(data);
    return typeof value === 'object' && value !== null && !Array.isArray(value)
      ? (value as Record<string, unknown>)
      : undefined;
  } catch {
    return undefined;
  }
}
