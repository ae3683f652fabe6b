// Keeps as interrupted, in the background, what processes have noted that ended before it did: see gateway/journal.ts.
//
// A process has ended if it has something noted and its beat stood still from one sweep to the next: no clock is asked, so
// that none can leap. Where a process only seemed to have ended, what it keeps after all takes the place of what was recovered.

import { RepeatedWork } from '../repeated-work.ts';
import type { Noter } from '../storage/journal.ts';
import type { Storage } from '../storage/storage.ts';
import { composeRecovered } from './compose-recovered.ts';

export interface RecoveryLog {
  info(details: object, message: string): void;
  warn(details: object, message: string): void;
}

/** Who is looking, and how long whoever goes on can be silent, in milliseconds. */
export interface RecoveryOptions {
  readonly name: string;
  readonly silenceMs: number;
}

export class Recovery {
  readonly #storage: Storage;
  readonly #options: RecoveryOptions;
  readonly #log: RecoveryLog;
  /** By name, where each was at the last sweep. */
  #beats: ReadonlyMap<string, number> = new Map();
  /** Of whom something could not be recovered, which is said once. */
  readonly #failed = new Set<string>();
  readonly #sweeps = new RepeatedWork(() => this.#sweep());
  #isStopped = false;

  constructor(storage: Storage, options: RecoveryOptions, log: RecoveryLog) {
    this.#storage = storage;
    this.#options = options;
    this.#log = log;
  }

  /** Begins at once. */
  start(): void {
    this.#sweeps.start(this.#options.silenceMs);
  }

  /** What is begun is broken off. */
  async stop(): Promise<void> {
    this.#isStopped = true;
    await this.#sweeps.stop();
  }

  /** Never throws: what cannot be done now is done the next time. One that is under way is not joined by another. */
  sweep(): Promise<void> {
    return this.#sweeps.run();
  }

  async #sweep(): Promise<void> {
    let noters: readonly Noter[];
    try {
      noters = await this.#storage.listNoters();
    } catch {
      // Whoever keeps something now says what is wrong with the store.
      return;
    }
    const ended = noters.filter(({ name, beat }) => {
      return name !== this.#options.name && this.#beats.get(name) === beat;
    });
    this.#beats = new Map(noters.map(({ name, beat }) => [name, beat]));
    for (const noter of ended) await this.#recoverAll(noter);
  }

  async #recoverAll(noter: Noter): Promise<void> {
    try {
      let recovered = 0;
      let noted = await this.#storage.getNoted(noter.name, '');
      for (; noted !== undefined; noted = await this.#storage.getNoted(noter.name, noted.id)) {
        if (this.#isStopped) return;
        if (await this.#storage.recover(await composeRecovered(noted))) recovered += 1;
      }
      await this.#storage.removeNoter(noter);
      if (recovered === 0) return;
      this.#log.info({ recovered }, 'kept as interrupted what a process that ended had under way');
    } catch (error) {
      if (this.#failed.has(noter.name)) return;
      this.#failed.add(noter.name);
      this.#log.warn({ err: error }, 'what a process that ended had under way could not be kept yet');
    }
  }
}
