// Passive health: what requests show of an upstream. Nobody is asked only to find out.

import type { Timing } from './timing.ts';

/** Fewer may be chance: a connection that was closed just as it was used, a process that was replaced. */
const FAILURES_IN_A_ROW = 3;
/** The first rest; each that follows without an answer is twice as long. */
const FIRST_REST_MS = 1000;
const MAX_REST_MS = 30_000;
/** The longest that an upstream's own word, by `retry-after`, keeps requests away. */
const MAX_ASKED_REST_MS = 60_000;

export class Health {
  readonly #timing: Pick<Timing, 'now'>;
  #failures = 0;
  #restMs = 0;
  #restsUntil = 0;

  constructor(timing: Pick<Timing, 'now'>) {
    this.#timing = timing;
  }

  /** Whether it failed several times and has not answered since. */
  get isFailing(): boolean {
    return this.#failures >= FAILURES_IN_A_ROW;
  }

  /** Whether requests that others can answer should leave it alone for now. */
  get isResting(): boolean {
    return this.#restsUntil !== 0 && this.#timing.now() < this.#restsUntil;
  }

  /** To be called with each request. Of a failing upstream, it keeps the next ones away until this one may have shown more. */
  noteCall(): void {
    if (!this.isFailing || this.isResting) return;
    this.#restMs = Math.min(this.#restMs * 2, MAX_REST_MS);
    this.#rest(this.#restMs);
  }

  /** Returns whether it was failing until now. */
  noteAnswer(): boolean {
    const hasFailed = this.isFailing;
    this.#failures = 0;
    if (hasFailed) this.#restsUntil = 0;
    return hasFailed;
  }

  /** Returns whether it is failing from now on. */
  noteFailure(): boolean {
    this.#failures += 1;
    // Of many that fail at once, one begins the rest.
    if (this.#failures !== FAILURES_IN_A_ROW) return false;
    this.#restMs = FIRST_REST_MS;
    this.#rest(this.#restMs);
    return true;
  }

  /** The upstream asks to be left alone for so long. */
  noteBusy(ms: number): void {
    this.#rest(Math.min(ms, MAX_ASKED_REST_MS));
  }

  #rest(ms: number): void {
    this.#restsUntil = Math.max(this.#restsUntil, this.#timing.now() + ms);
  }
}
