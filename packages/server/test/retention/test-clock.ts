import type { Clock } from '../../src/retention/steady-clock.ts';

/** In January 2026. */
export const START = 1_768_000_000_000;

/** Goes as it is told to. */
export class TestClock implements Clock {
  #now = START;
  #elapsed = 5;

  now(): number {
    return this.#now;
  }

  elapsed(): number {
    return this.#elapsed;
  }

  /** Time goes by. */
  pass(ms: number): void {
    this.#now += ms;
    this.#elapsed += ms;
  }

  /** Only the clock says so: it is set, or the machine slept. */
  leap(ms: number): void {
    this.#now += ms;
  }
}
