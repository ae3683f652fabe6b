// Deletes in the background what has been kept long enough.

import { readMintedAtMs } from '../completion-id.ts';
import type { RetentionRule } from '../config/config.ts';
import { RepeatedWork } from '../repeated-work.ts';
import type { Storage } from '../storage/storage.ts';
import { STATUSES } from '../storage/walk-labels.ts';
import { SYSTEM_CLOCK, SteadyClock, type Clock } from './steady-clock.ts';
import { sweep } from './sweep.ts';

/** How often is looked for what is due, in ms: so much later it may be deleted. */
const INTERVAL_MS = 600_000;

export interface RetentionLog {
  info(details: object, message: string): void;
  warn(details: object, message: string): void;
}

export class Retention {
  readonly #storage: Storage;
  readonly #rules: readonly RetentionRule[];
  readonly #log: RetentionLog;
  readonly #clock: Clock;
  readonly #stopped = new AbortController();
  readonly #sweeps = new RepeatedWork(() => this.#sweep());
  #steadyClock: SteadyClock | undefined;

  constructor(
    storage: Storage,
    rules: readonly RetentionRule[],
    log: RetentionLog,
    clock: Clock = SYSTEM_CLOCK,
  ) {
    this.#storage = storage;
    this.#rules = rules;
    this.#log = log;
    this.#clock = clock;
  }

  /** Begins at once, unless everything is kept for ever. */
  start(): void {
    if (this.#rules.every(({ keepMs }) => keepMs === Infinity)) return;
    this.#sweeps.start(INTERVAL_MS);
  }

  /** What is begun is broken off. */
  async stop(): Promise<void> {
    this.#stopped.abort();
    await this.#sweeps.stop();
  }

  /** Never throws: what cannot be done now is done the next time. One that is under way is not joined by another. */
  sweep(): Promise<void> {
    return this.#sweeps.run();
  }

  async #sweep(): Promise<void> {
    try {
      this.#steadyClock ??= new SteadyClock(this.#clock, await this.#findNewestMs());
      const nowMs = this.#steadyClock.read();
      const deleted = await sweep(this.#storage, this.#rules, nowMs, this.#stopped.signal);
      if (deleted > 0) this.#log.info({ deleted }, 'deleted what was kept long enough');
    } catch (error) {
      this.#log.warn({ err: error }, 'not everything that was kept long enough could be deleted');
    }
  }

  /** When the newest completion was kept, in ms since 1970; now if there is none, since nothing can be lost. */
  async #findNewestMs(): Promise<number> {
    const newest = await Promise.all(
      (await this.#storage.listProjects()).flatMap((project) =>
        STATUSES.map((status) => this.#storage.listLabels(project, { status, limit: 1, order: 'desc' })),
      ),
    );
    const times = newest.flat().map(({ id }) => readMintedAtMs(id));
    return times.length === 0 ? this.#clock.now() : Math.max(...times);
  }
}
