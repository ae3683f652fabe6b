// What time it is, as far as it was seen to pass: a clock that leaps ahead must not make everything old at once.
//
// The rule. A leap of the clock, beyond the time that a monotonic clock saw go by, does not count until the clock has gone on
// for as long as it leapt, or for a day; a leap back takes a leap ahead back that does not count yet. At the start, all of
// the time since the newest completion was kept is such a leap.
//
// So that nothing is deleted too early by a clock that is put right within that time: one that is wrong until a server asks
// the time of the network, or by a slip of somebody's hand. What is deleted late, by a day at most while the server runs, is
// what was due while the machine slept or the server was away. A clock that is behind deletes later by itself.

export interface Clock {
  /** In ms since 1970; may leap. */
  now(): number;
  /** In ms since any time; never leaps, and may stand still while the machine sleeps. */
  elapsed(): number;
}

export const SYSTEM_CLOCK: Clock = { now: () => Date.now(), elapsed: () => performance.now() };

/** A day. A leap that has stood for so long is believed, however far it was. */
const MAX_DOUBT_MS = 86_400_000;

interface Leap {
  ms: number;
  /** When it was seen, by the monotonic clock. */
  readonly seenAtMs: number;
}

export class SteadyClock {
  readonly #clock: Clock;
  /** Those that do not count yet. */
  #leaps: Leap[];
  #now: number;
  #elapsed: number;

  /** `witnessedMs` is a time that has been, in ms since 1970: when the newest completion was kept. */
  constructor(clock: Clock, witnessedMs: number) {
    this.#clock = clock;
    this.#now = clock.now();
    this.#elapsed = clock.elapsed();
    this.#leaps = [{ ms: Math.max(0, this.#now - witnessedMs), seenAtMs: this.#elapsed }];
  }

  /** In ms since 1970, never ahead of the clock. What leapt back and forth since the last time was not seen. */
  read(): number {
    const [now, elapsed] = [this.#clock.now(), this.#clock.elapsed()];
    const leapMs = now - this.#now - (elapsed - this.#elapsed);
    [this.#now, this.#elapsed] = [now, elapsed];
    this.#leaps = this.#leaps.filter(({ ms, seenAtMs }) => elapsed - seenAtMs < Math.min(ms, MAX_DOUBT_MS));
    if (leapMs > 0) this.#leaps.push({ ms: leapMs, seenAtMs: elapsed });
    else this.#takeBack(-leapMs);
    return this.#leaps.reduce((time, { ms }) => time - ms, now);
  }

  /** The last leap first. */
  #takeBack(ms: number): void {
    let rest = ms;
    for (let last = this.#leaps.at(-1); last !== undefined && rest > 0; last = this.#leaps.at(-1)) {
      const taken = Math.min(rest, last.ms);
      last.ms -= taken;
      rest -= taken;
      if (last.ms === 0) this.#leaps.pop();
    }
  }
}
