/** Something that is done in the background again and again: never twice at once, and not broken off in the middle. */
export class RepeatedWork {
  readonly #work: () => Promise<void>;
  /** Undefined while it is done only when it is asked for. */
  #intervalMs: number | undefined;
  #timer: NodeJS.Timeout | undefined;
  #running: Promise<void> | undefined;

  /** `work` never throws. */
  constructor(work: () => Promise<void>) {
    this.#work = work;
  }

  /** Begins at once, and again so long after each end. Keeps no process alive. */
  start(intervalMs: number): void {
    this.#intervalMs = intervalMs;
    void this.run();
  }

  /** Does it now. What is under way is waited for, and not begun once more. */
  run(): Promise<void> {
    this.#running ??= this.#work().finally(() => this.#rest());
    return this.#running;
  }

  /** Resolves when what is under way has ended. */
  async stop(): Promise<void> {
    this.#intervalMs = undefined;
    clearTimeout(this.#timer);
    await this.#running;
  }

  #rest(): void {
    this.#running = undefined;
    clearTimeout(this.#timer);
    if (this.#intervalMs !== undefined)
      this.#timer = setTimeout(() => void this.run(), this.#intervalMs).unref();
  }
}
