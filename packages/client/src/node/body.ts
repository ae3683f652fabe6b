// The body of an answer, taken from its message only as fast as somebody reads it.

import type { IncomingMessage } from 'node:http';
import type { Readable } from 'node:stream';

import { decode } from './content-encoding.ts';

/** What one read brings, as from the reader of a web stream. */
export type Piece =
  | { readonly done: false; readonly value: Uint8Array<ArrayBuffer> }
  | { readonly done: true; readonly value: undefined };

/** Read by one reader, who may stop at any time. */
export class Body {
  readonly #message: IncomingMessage;
  readonly #onEnd: () => void;
  #source: Readable | undefined;
  #failure: { readonly reason: unknown } | undefined;
  #isOver = false;
  #wake: (() => void) | undefined;

  /** `onEnd` is called once, when there is no more to read. */
  constructor(message: IncomingMessage, onEnd: () => void) {
    this.#message = message;
    this.#onEnd = onEnd;
  }

  /**
   * Resolves with the next bytes, when they have come. Rejects with the reason that the reading was ended with, or with
   * a `TypeError` if the connection broke.
   */
  async read(): Promise<Piece> {
    for (;;) {
      const value = this.#take();
      if (value === null) return { done: true, value: undefined };
      if (value !== undefined) return { done: false, value };
      await this.#arrival();
    }
  }

  /** Reads all of it. Rejects as {@link read} does. */
  async text(): Promise<string> {
    const pieces: Uint8Array[] = [];
    for (;;) {
      const value = this.#take();
      if (value === null) break;
      if (value === undefined) await this.#arrival();
      else pieces.push(value);
    }
    const text = Buffer.concat(pieces).toString();
    // A byte order mark is no part of the text.
    return text.charCodeAt(0) === 0xfeff ? text.slice(1) : text;
  }

  /** Nobody will read on. */
  async cancel(): Promise<void> {
    this.#end();
    // What has come as a whole leaves its connection fit for the next request.
    if (this.#source === undefined && this.#message.complete) this.#message.resume();
    else this.#message.destroy();
  }

  /** Nobody can read it any more; who has begun is left alone. */
  abandon(): void {
    if (this.#source === undefined) void this.cancel();
  }

  /** Ends the reading for this reason, and closes the connection. */
  fail(reason: unknown): void {
    if (this.#isOver) return;
    this.#failure = { reason };
    this.#end();
    this.#message.destroy();
  }

  /** The bytes that have come; null at the end, undefined if there are none yet. */
  #take(): Buffer<ArrayBuffer> | null | undefined {
    this.#source ??= this.#open();
    if (this.#failure !== undefined) throw this.#failure.reason;
    if (this.#isOver) return null;
    const bytes = this.#source.read() as Buffer<ArrayBuffer> | null;
    if (bytes !== null) return bytes;
    if (this.#source.readableEnded) {
      this.#end();
      return null;
    }
    if (!this.#source.destroyed) return undefined;
    const cause = this.#source.errored ?? new Error('The connection closed before the end of the answer');
    const error = new TypeError('terminated', { cause });
    this.fail(error);
    throw error;
  }

  #arrival(): Promise<void> {
    return new Promise((resolve) => {
      this.#wake = resolve;
    });
  }

  #end(): void {
    if (this.#isOver) return;
    this.#isOver = true;
    this.#onEnd();
    this.#wake?.();
  }

  #open(): Readable {
    const wake = (): void => this.#wake?.();
    const source = decode(this.#message);
    return source.on('readable', wake).on('end', wake).on('error', wake).on('close', wake);
  }
}
