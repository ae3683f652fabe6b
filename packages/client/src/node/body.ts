// The body of an answer, taken from its message only as fast as somebody reads it.

import type { IncomingMessage } from 'node:http';
import type { Readable } from 'node:stream';

import { decode } from './content-encoding.ts';

type Piece = { readonly done: false; readonly value: Buffer } | { readonly done: true; readonly value?: undefined };

/** Read by one reader, who may stop at any time. */
export class Body {
  readonly #message: IncomingMessage;
  /** Told once, when there is no more to come. */
  readonly #onEnd: () => void;
  #source: Readable | undefined;
  #failure: { readonly reason: unknown } | undefined;
  #isOver = false;
  #wake = (): void => undefined;

  constructor(message: IncomingMessage, onEnd: () => void) {
    this.#message = message;
    this.#onEnd = onEnd;
  }

  /** Resolves with the next bytes as they came. Rejects with a `TypeError` if the connection broke before the end. */
  async read(): Promise<Piece> {
    const source = (this.#source ??= this.#open());
    for (;;) {
      if (this.#failure !== undefined) throw this.#failure.reason;
      if (this.#isOver) return { done: true };
      const value = source.read() as Buffer | null;
      if (value !== null) return { done: false, value };
      if (source.readableEnded) this.#end();
      else if (source.destroyed) this.fail(new TypeError('terminated', { cause: source.errored ?? new Error('The connection closed') }));
      else await new Promise<void>((resolve) => { this.#wake = resolve; });
    }
  }

  /** The whole body as text. */
  async text(): Promise<string> {
    const pieces: Buffer[] = [];
    for (let piece = await this.read(); !piece.done; piece = await this.read()) pieces.push(piece.value);
    const text = Buffer.concat(pieces).toString();
    // A byte order mark is no part of it.
    return text.charCodeAt(0) === 0xfeff ? text.slice(1) : text;
  }

  /** Nobody will read on. */
  async cancel(): Promise<void> {
    this.#end();
    // What has come as a whole leaves the connection in order.
    if (this.#source === undefined && this.#message.complete) this.#message.resume();
    else this.#message.destroy();
  }

  /** Cancels it if nobody has begun to read it. */
  abandon(): void {
    if (this.#source === undefined) void this.cancel();
  }

  /** Ends the reading with this reason, and the connection. */
  fail(reason: unknown): void {
    if (this.#isOver) return;
    this.#failure = { reason };
    this.#end();
    this.#message.destroy();
  }

  #end(): void {
    if (this.#isOver) return;
    this.#isOver = true;
    this.#onEnd();
    this.#wake();
  }

  #open(): Readable {
    const source = decode(this.#message);
    const wake = (): void => this.#wake();
    return source.on('readable', wake).on('end', wake).on('error', wake).on('close', wake);
  }
}
