import type { AbortFlag } from '../abort-flag.ts';

/** What time and chance decide: given from outside where a test must decide it. */
export interface Timing {
  /** Milliseconds that only ever grow. */
  now(): number;
  /** From 0 up to, not including, 1. */
  random(): number;
  /** Resolves after the time. Throws the flag's reason as soon as that is raised. */
  wait(ms: number, abort: AbortFlag): Promise<void>;
}

export const REAL_TIMING: Timing = {
  now: () => performance.now(),
  random: () => Math.random(),
  wait: (ms, abort) =>
    new Promise((resolve, reject) => {
      const timer = setTimeout(resolve, ms);
      abort.onAbort(() => {
        clearTimeout(timer);
        reject(abort.reason);
      });
    }),
};
