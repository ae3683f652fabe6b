/**
 * Says that something is to end. What `AbortSignal` does, without its events: a signal and its listeners for each request
 * cost much beside a relay, and in some runs were kept, with all that they refer to, until a full collection of garbage.
 */
export class AbortFlag {
  #isAborted = false;
  #reason: unknown;
  readonly #listeners: Array<() => void> = [];

  get aborted(): boolean {
    return this.#isAborted;
  }

  get reason(): unknown {
    return this.#reason;
  }

  throwIfAborted(): void {
    if (this.#isAborted) throw this.#reason;
  }

  /** Calls the listener once when the flag is raised; at once if it is already. */
  onAbort(listener: () => void): void {
    if (this.#isAborted) listener();
    else this.#listeners.push(listener);
  }

  /** Raises the flag; the first reason stands. */
  abort(reason?: unknown): void {
    if (this.#isAborted) return;
    this.#isAborted = true;
    this.#reason = reason ?? new Error('aborted');
    for (const listener of this.#listeners) listener();
  }
}
