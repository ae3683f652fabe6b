/** How often a database that could not be written to is tried again. */
const PROBE_INTERVAL_MS = 1000;

/** Whether the database can be written to, as far as is known: from a write that failed until one that succeeds. */
export class Outage {
  readonly #probe: () => Promise<unknown>;
  #beganAtMs: number | undefined;
  #timer: NodeJS.Timeout | undefined;
  #checking: Promise<void> | undefined;
  #isStopped = false;

  /** `probe` writes without changing anything. */
  constructor(probe: () => Promise<unknown>) {
    this.#probe = probe;
  }

  get isOn(): boolean {
    return this.#beganAtMs !== undefined;
  }

  /** How long it has been on; 0 if it is not. */
  get ageMs(): number {
    return this.#beganAtMs === undefined ? 0 : performance.now() - this.#beganAtMs;
  }

  /** A write failed. Until one succeeds, the database is tried. */
  begin(): void {
    if (this.#isStopped) return;
    this.#beganAtMs ??= performance.now();
    this.#timer ??= setTimeout(() => void this.check(), PROBE_INTERVAL_MS).unref();
  }

  /** Something makes doubt: tries at once. */
  check(): Promise<void> {
    this.#checking ??= this.#check();
    return this.#checking;
  }

  async #check(): Promise<void> {
    this.#clearTimer();
    try {
      await this.#probe();
      this.end();
    } catch {
      this.begin();
    } finally {
      this.#checking = undefined;
    }
  }

  /** A write succeeded. */
  end(): void {
    this.#beganAtMs = undefined;
    this.#clearTimer();
  }

  /** Nothing is tried any more. */
  stop(): void {
    this.#isStopped = true;
    this.end();
  }

  #clearTimer(): void {
    clearTimeout(this.#timer);
    this.#timer = undefined;
  }
}
