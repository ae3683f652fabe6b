// A stream that is kept: the upstream's bytes in, the caller's bytes out, and the completion merged on the way.

import { ChatCompletionAccumulator, SseDecoder, type ServerSentEvent } from '@colloquy/client';
import type { ChatCompletion, ChatCompletionChunk, ErrorBody } from '@colloquy/client/contract';

import { ApiError } from '../api-error.ts';
import { changeMembers } from '../json/members.ts';
import { isObject, parseObject, type JsonObject } from '../json/parse-object.ts';
import { fillChunk, findChunkPatterns, matchChunk, type ChunkPatterns } from './chunk-pattern.ts';
import type { Keep } from './plan.ts';

const DONE = '[DONE]';
/** How much of an event that is no chunk is quoted. */
const QUOTED_CHARACTERS = 200;
const FAILED = 'The upstream failed: it ended a choice with the reason "error".';

/** So many chunks in a row that are not like the one before say that none will be. */
const MAX_MISSES = 8;

export type StreamKeep = Pick<Keep, 'id' | 'hidesUsage' | 'choices'>;

export class KeptStream {
  readonly #keep: StreamKeep;
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

  constructor(keep: StreamKeep) {
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

  /** Whether nothing more is to come: `[DONE]` was read, or an error. */
  get hasEnded(): boolean {
    return this.#isDone || this.#error !== undefined;
  }

  /**
   * Whether the answer is whole; some servers leave out `[DONE]`, so a reason for the end of each choice counts as well.
   * A stream without any choice is none.
   */
  get isComplete(): boolean {
    if (this.#error !== undefined) return false;
    const { length } = this.completion().choices;
    return this.#isDone ? length > 0 : this.#accumulator.isFinished && length >= this.#keep.choices;
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
    if (this.hasEnded) return;
    if (data === DONE) {
      this.#isDone = true;
      return;
    }
    // Servers that ping with an empty event mean nothing by it.
    if (data === '') return;
    if (event === '' && this.#takeLikeLast(data)) return;
    const chunk = parseObject(data);
    if (event === 'error' || chunk === undefined || isError(chunk)) {
      this.#takeError(event, data, chunk);
    } else if (chunk['choices'] === undefined && chunk['id'] === undefined) {
      // Something of the upstream's own: no part of the completion.
      this.#out += frame(event, data);
    } else {
      this.#takeChunk(event, data, chunk);
    }
  }

  /** What has the shape of the API passes as it is; anything else would not be taken for an error everywhere. */
  #takeError(event: string, data: string, chunk: JsonObject | undefined): void {
    this.#error = chunk?.['error'] ?? chunk ?? data;
    if (isObject(chunk?.['error'])) {
      this.#out += frame(event, data);
      return;
    }
    const isInvalid = event !== 'error' && chunk === undefined;
    const refusal = isInvalid ? invalidEvent(data) : wrapError(this.#error);
    this.#error = refusal.error;
    this.#out += frame('', JSON.stringify(refusal));
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
    if (hasFailed(chunk)) this.#takeError('error', FAILED, undefined);
  }
}

/** The envelope of the API, and what older servers send without it. */
function isError(chunk: JsonObject): boolean {
  return Boolean(chunk['error']) || chunk['object'] === 'error';
}

/** OpenRouter and Mistral can end a choice so, with the error beside it or without one. */
function hasFailed({ choices }: JsonObject): boolean {
  return (
    Array.isArray(choices) &&
    choices.some((choice) => isObject(choice) && choice['finish_reason'] === 'error')
  );
}

function wrapError(error: unknown): ErrorBody {
  const { message, type, code } = isObject(error) ? error : { message: error };
  return {
    error: {
      message: typeof message === 'string' ? message : JSON.stringify(error),
      type: typeof type === 'string' ? type : 'server_error',
      param: null,
      code: typeof code === 'string' || typeof code === 'number' ? String(code) : null,
    },
  };
}

function invalidEvent(data: string): ErrorBody {
  const quoted = data.slice(0, QUOTED_CHARACTERS);
  return new ApiError(
    'upstream_invalid_answer',
    `The upstream sent an event that is no chunk: ${quoted}`,
  ).toBody();
}

/** Data of several lines goes out as it came: a line each. */
function frame(event: string, data: string): string {
  const lines = data.includes('\n') ? data.replaceAll('\n', '\ndata: ') : data;
  return event === '' ? `data: ${lines}\n\n` : `event: ${event}\ndata: ${lines}\n\n`;
}

function isUsageOnly(chunk: JsonObject): boolean {
  return Array.isArray(chunk['choices']) && chunk['choices'].length === 0 && Boolean(chunk['usage']);
}
