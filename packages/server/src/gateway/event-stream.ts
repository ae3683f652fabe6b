// The caller's end of an event stream: whole lines in the rhythm in which they come, an error if it breaks off, and a
// comment now and then while there is nothing else to send.

import type { ErrorBody } from '@colloquy/client/contract';

import type { Caller } from './caller.ts';
import type { Listed } from './unordered-list.ts';

/** The longest beginning of a line that waits for the rest; what is longer passes in pieces. */
const MAX_HELD_BYTES = 65_536;

const LF = 0x0a;
const CR = 0x0d;
/** The last three bytes before the first one, so that a stream begins between two events. */
const BLANK_LINES = (LF << 16) | (LF << 8) | LF;
const PING = Buffer.from(': ping\n\n');

export class EventStream implements Listed {
  index = 0;
  /** For whoever counts how long nothing was sent. */
  quietTicks = 0;
  readonly #caller: Caller;
  #held: Uint8Array | undefined;
  /** The last three bytes that were sent, the last one lowest: enough to know a blank line. */
  #lastBytes = BLANK_LINES;
  /** The caller has not taken yet what was sent. */
  #isBehind = false;
  #isOver = false;

  constructor(caller: Caller) {
    this.#caller = caller;
  }

  /**
   * Sends these bytes, except for a line that they leave unfinished: it follows when the rest has come. No reader can
   * use it before, and if the rest never comes, it would be read as an event and spoil the error that follows.
   *
   * Returns a promise like `Caller.write`.
   */
  write(bytes: Uint8Array): Promise<void> | undefined {
    const lines = this.#takeLines(bytes);
    if (lines === undefined) return undefined;
    this.quietTicks = 0;
    const ready = this.#send(lines);
    if (ready === undefined) return undefined;
    return this.#catchUp(ready);
  }

  /** What is held back is sent: however the upstream ended, these were its last bytes. */
  end(): void {
    if (this.#held !== undefined) void this.#send(this.#held);
    this.#finish();
  }

  /** Ends the stream with an error event, and without the line that was not finished. */
  fail(error: ErrorBody): void {
    // The blank line ends an event that was cut between two of its lines.
    void this.#send(Buffer.from(`\n\ndata: ${JSON.stringify(error)}\n\n`));
    this.#finish();
  }

  /** Sends a comment, unless it would stand within an event, or there is more on the way than the caller takes. */
  ping(): void {
    if (!this.#isOver && !this.#isBehind && this.#isBetweenEvents) void this.write(PING);
  }

  async #catchUp(ready: Promise<void>): Promise<void> {
    this.#isBehind = true;
    await ready;
    this.#isBehind = false;
  }

  get #isBetweenEvents(): boolean {
    const bytes = this.#lastBytes;
    const last = bytes & 0xff;
    const before = (bytes >> 8) & 0xff;
    // A CR with the LF behind it is one end of a line.
    const end = last === LF && before === CR ? (bytes >> 16) & 0xff : before;
    return this.#held === undefined && isLineEnd(last) && isLineEnd(end);
  }

  #takeLines(bytes: Uint8Array): Uint8Array | undefined {
    if (bytes.length === 0) return undefined;
    const all = this.#held === undefined ? bytes : Buffer.concat([this.#held, bytes]);
    this.#held = undefined;
    if (isLineEnd(bytes[bytes.length - 1])) return all;
    const end = all.lastIndexOf(LF) + 1;
    if (all.length - end > MAX_HELD_BYTES) return all;
    // A copy: a few bytes would keep all that was read with them.
    this.#held = Buffer.from(all.subarray(end));
    return end === 0 ? undefined : all.subarray(0, end);
  }

  #send(bytes: Uint8Array): Promise<void> | undefined {
    for (let at = Math.max(0, bytes.length - 3); at < bytes.length; at += 1)
      this.#lastBytes = ((this.#lastBytes << 8) | (bytes[at] ?? 0)) & 0xffffff;
    return this.#caller.write(bytes);
  }

  #finish(): void {
    this.#isOver = true;
    this.#held = undefined;
    this.#caller.end();
  }
}

function isLineEnd(byte: number | undefined): boolean {
  return byte === LF || byte === CR;
}
