// Reads the answers on one connection. It knows no more of HTTP than the gateways here need, so that the load generator
// costs little beside them.

import { readClockMs } from './clock.ts';

const HEAD_END = '\r\n\r\n';
const LAST_CHUNK = '\r\n0\r\n\r\n';
const SENT_AT = /"content":" (\d+\.\d+)"/g;

export class AnswerReader {
  /** When the first byte of the body was read. */
  firstByteAtMs: number | undefined;
  /** How long each chunk that says when it was sent took to get here. */
  readonly delaysMs: number[] = [];
  readonly #isTimed: boolean;
  #head: string | undefined = '';
  /** Undefined: the body is chunked. */
  #bytesLeft: number | undefined;
  #tail = '';
  #timed = '';

  constructor(isTimed: boolean) {
    this.#isTimed = isTimed;
  }

  /** Returns whether the answer has ended. Throws if it is not what the upstream sent. */
  push(piece: Buffer): boolean {
    if (this.#head === undefined) return this.#readBody(piece);
    this.#head += piece.toString('latin1');
    const end = this.#head.indexOf(HEAD_END);
    if (end === -1) return false;
    const body = piece.subarray(piece.length - (this.#head.length - end - HEAD_END.length));
    this.#readHead(this.#head.slice(0, end).toLowerCase());
    this.#head = undefined;
    return body.length > 0 && this.#readBody(body);
  }

  #readHead(head: string): void {
    if (!head.startsWith('http/1.1 200')) throw new Error(`not the answer: ${head}`);
    const length = /content-length: (\d+)/.exec(head)?.[1];
    this.#bytesLeft = length === undefined ? undefined : Number(length);
  }

  #readBody(piece: Buffer): boolean {
    this.firstByteAtMs ??= readClockMs();
    if (this.#isTimed) this.#readTimes(piece.toString('latin1'));
    if (this.#bytesLeft !== undefined) {
      this.#bytesLeft -= piece.length;
      return this.#bytesLeft === 0;
    }
    this.#tail = (this.#tail + piece.toString('latin1', Math.max(0, piece.length - 64))).slice(-64);
    return this.#tail.endsWith(LAST_CHUNK);
  }

  #readTimes(text: string): void {
    const now = readClockMs();
    this.#timed += text;
    for (const [, sentAtMs] of this.#timed.matchAll(SENT_AT)) this.delaysMs.push(now - Number(sentAtMs));
    // What was cut in the middle is read with its rest.
    this.#timed = this.#timed.slice(this.#timed.lastIndexOf('\n\n') + 2);
  }

  /** Whether a stream came to the upstream's own end. */
  get isWhole(): boolean {
    return this.#bytesLeft === 0 || this.#tail.includes('data: [DONE]');
  }
}
