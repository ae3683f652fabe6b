import type { AbortFlag } from '../../src/abort-flag.ts';
import type { Timing } from '../../src/upstream/timing.ts';

export interface TestTiming extends Timing {
  /** What was waited for, in order; no wait takes any time, but the clock goes on by it. */
  readonly waits: number[];
  pass(ms: number): void;
}

/** A clock that a test moves, and chance that gives what the test wants: always the same number. */
export function createTestTiming(random: number = 0): TestTiming {
  let now = 0;
  const waits: number[] = [];
  return {
    waits,
    now: () => now,
    random: () => random,
    pass: (ms) => {
      now += ms;
    },
    wait: async (ms: number, abort: AbortFlag) => {
      waits.push(ms);
      now += ms;
      abort.throwIfAborted();
    },
  };
}
