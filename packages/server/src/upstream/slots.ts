// How many requests an upstream answers at once. The others wait in line, or are refused.

import type { AbortFlag } from '../abort-flag.ts';
import { ApiError } from '../api-error.ts';

export interface SlotOptions {
  /** How many at once; `false`: any number. */
  readonly maxConcurrent: number | false;
  /** How many may wait. */
  readonly maxWaiting: number;
  /** How long each may wait, in milliseconds; `false`: until its caller leaves. */
  readonly waitTimeoutMs: number | false;
}

export class Slots {
  readonly #limit: number;
  readonly #maxWaiting: number;
  readonly #waitTimeoutMs: number | false;
  #taken = 0;
  /** Who waits, the longest first; called when it is their turn. */
  readonly #line: Array<() => void> = [];

  constructor({ maxConcurrent, maxWaiting, waitTimeoutMs }: SlotOptions) {
    this.#limit = maxConcurrent === false ? Infinity : maxConcurrent;
    this.#maxWaiting = maxWaiting;
    this.#waitTimeoutMs = waitTimeoutMs;
  }

  get areFree(): boolean {
    return this.#taken < this.#limit;
  }

  get canWait(): boolean {
    return this.areFree || this.#line.length < this.#maxWaiting;
  }

  /**
   * Takes a slot, to be given back with `free`: at once, or when the promise resolves.
   *
   * Throws `server_is_overloaded` if too many wait or it takes too long, and the reason of `abort` once that is raised.
   */
  take(abort: AbortFlag): Promise<void> | undefined {
    if (this.areFree) {
      this.#taken += 1;
      return undefined;
    }
    if (!this.canWait) throw overloaded(`${this.#line.length} others wait already`);
    return this.#waitInLine(abort);
  }

  /** The slot goes to whoever has waited longest. */
  free(): void {
    const next = this.#line.shift();
    if (next === undefined) this.#taken -= 1;
    else next();
  }

  #waitInLine(abort: AbortFlag): Promise<void> {
    return new Promise((resolve, reject) => {
      let timer: NodeJS.Timeout | undefined;
      const begin = (): void => {
        clearTimeout(timer);
        resolve();
      };
      const leave = (reason: unknown): void => {
        const place = this.#line.indexOf(begin);
        // Not in the line any more: it has its slot, and will give it back.
        if (place === -1) return;
        this.#line.splice(place, 1);
        clearTimeout(timer);
        reject(reason);
      };
      const ms = this.#waitTimeoutMs;
      if (ms !== false) timer = setTimeout(() => leave(overloaded(`none ended within ${ms} ms`)), ms);
      this.#line.push(begin);
      abort.onAbort(() => leave(abort.reason));
    });
  }
}

function overloaded(what: string): ApiError {
  return new ApiError(
    'server_is_overloaded',
    `All that the upstream may answer at once is under way, and ${what}. Try again in a moment.`,
    { headers: { 'retry-after': '1' } },
  );
}
