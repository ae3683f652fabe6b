// How long an attempt may go on: the caller's signal and the clock, joined in one signal of its own.

import { APIConnectionError, APIConnectionTimeoutError, APIUserAbortError } from './errors.ts';

/** The longest time that timers can wait, in milliseconds; a longer one would be over at once. */
const MAX_TIMER_MS = 2 ** 31 - 1;

/**
 * Ends an attempt when its caller or its clock says so. One listener is on the caller's signal until `close()`: a
 * signal that serves a thousand calls carries none of them on.
 */
export class Lifetime {
  readonly controller = new AbortController();
  readonly signal = this.controller.signal;
  readonly #caller: AbortSignal | null | undefined;
  readonly #follow = (): void => this.controller.abort(this.#caller?.reason);
  /** NaN while nothing is waited for. */
  #deadline = 0;
  #timer: ReturnType<typeof setTimeout> | undefined;

  constructor(caller: AbortSignal | null | undefined) {
    this.#caller = caller;
    if (caller?.aborted) this.#follow();
    else caller?.addEventListener('abort', this.#follow);
  }

  /**
   * Begins the clock anew: unless that happens again within `ms`, the attempt ends because of `reason`. Another limit
   * than the last is set after `unlimit()`.
   */
  limit(ms: number | false, reason: string): void {
    if (ms === false) return;
    this.#deadline = performance.now() + ms;
    if (this.#timer) return;
    // A timer that is set anew for each event costs as much as the event: it looks at the deadline when it is over.
    const watch = (): void => {
      const rest = this.#deadline - performance.now();
      if (rest <= 0) this.controller.abort(new APIConnectionTimeoutError(`${reason} within ${ms} ms`));
      this.#timer = rest > 0 ? setTimeout(watch, Math.min(rest, MAX_TIMER_MS)) : undefined;
      // While there is something to wait for, its connection holds the process; the clock alone need not.
      (this.#timer as { unref?: () => void } | undefined)?.unref?.();
    };
    watch();
  }

  /** Nothing is waited for until the next `limit`. */
  pause(): void {
    this.#deadline = NaN;
  }

  /** Stops the clock; the caller's signal goes on. */
  unlimit(): void {
    clearTimeout(this.#timer);
    this.#timer = undefined;
  }

  /** Leaves the caller's signal and stops the clock. */
  close(): void {
    this.unlimit();
    this.#caller?.removeEventListener('abort', this.#follow);
  }

  /**
   * Takes a step of the attempt. If it fails, the caller is told that the clock or the signal ended the attempt, or
   * that the connection broke, in the words of `message`.
   */
  async guard<T>(step: () => Promise<T>, message: string): Promise<T> {
    try {
      return await step();
    } catch (error) {
      throw this.explain(error, message);
    }
  }

  /** What the caller is told of the `error` of a step. */
  explain(error: unknown, message: string): APIConnectionError | APIUserAbortError {
    return this.signal.aborted ? explainAbort(this.signal) : new APIConnectionError(message, error);
  }
}

/** What the caller is told once the signal of an attempt has fired. */
export function explainAbort({ reason }: AbortSignal): APIConnectionTimeoutError | APIUserAbortError {
  return reason instanceof APIConnectionTimeoutError ? reason : new APIUserAbortError(reason);
}
