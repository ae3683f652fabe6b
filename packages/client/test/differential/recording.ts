// Answers of servers, to the byte, with what is asked of them and how the caller behaves.

import type {
  ChatCompletionCreateParamsNonStreaming,
  ClientOptions,
  RequestOptions,
} from '../../src/index.ts';

export interface Recording {
  /** Answers to the first request, the second, and so on; all further ones get the last. */
  readonly answers: readonly [RecordedAnswer, ...RecordedAnswer[]];
  /** Words of the server that an error must pass on. */
  readonly says?: string;
  /** What is asked beside a model and a message. */
  readonly params?: Partial<ChatCompletionCreateParamsNonStreaming>;
  /** The id that is asked for, if it is about one. */
  readonly id?: string;
  /** Default: an address, a key, no retries. */
  readonly client?: ClientOptions;
  readonly options?: RequestOptions;
  /** The query of a list. Default: items one at a time. */
  readonly query?: object;
  /** When the caller ends the call: before it, when the server has said all that it will, or in the loop. */
  readonly abort?: 'before' | 'said' | AbortInLoop;
}

export interface AbortInLoop {
  /** After so many chunks. */
  readonly after: number;
  readonly by: 'signal' | 'stream.controller' | 'break';
}

export interface RecordedAnswer {
  /** Left out if the connection ends without an answer. */
  readonly status?: number;
  readonly headers?: Readonly<Record<string, string>>;
  /** In the pieces in which it is sent; bytes where one ends within a character. */
  readonly body?: readonly (string | Uint8Array)[];
  /**
   * How it ends: as HTTP says; too early, with a connection that closes (`cut`) or is reset; or not at all, in silence
   * or with a comment now and then. Default: `whole`.
   */
  readonly end?: 'whole' | 'cut' | 'reset' | 'silence' | 'comments';
  /** How many chunks the caller has got when the connection ends too early: else some might be lost with it. */
  readonly taken?: number;
}

/** The stream ends with this. */
export const DONE = 'data: [DONE]\n\n';

/** One event. Its JSON is text, since servers need not write what `JSON.stringify` would. */
export function data(text: string): string {
  return `data: ${text}\n\n`;
}

/** Writes the chunks of one stream, each with the same members before its own. */
export function chunksWith(head: string): (members: string) => string {
  return (members) => data(`{${head},${members}}`);
}

/** A stream in these pieces. */
export function stream(...body: readonly (string | Uint8Array)[]): Recording & { answers: [RecordedAnswer] } {
  return {
    answers: [{ status: 200, headers: { 'content-type': 'text/event-stream; charset=utf-8' }, body }],
  };
}

/** An answer with this JSON as its body. */
export function json(
  status: number,
  body: string,
  headers: Readonly<Record<string, string>> = {},
): RecordedAnswer {
  return { status, headers: { 'content-type': 'application/json', ...headers }, body: [body] };
}

/** An answer that no API wrote: the page of a proxy. */
export function page(status: number, body: string, contentType = 'text/html'): RecordedAnswer {
  return { status, headers: { 'content-type': contentType }, body: [body] };
}
