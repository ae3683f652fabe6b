// What is deleted is overwritten in the file at once, but not in the index of words, and not in the log: here it is, behind
// the deletions.

import { setTimeout as sleep } from 'node:timers/promises';

import type { StorageThread } from './thread.ts';

/** How long no deletion must have come before that begins … */
const PAUSE_MS = 20;
/** … and how many such times at most it is waited for that. */
const MAX_PAUSES = 20;

/** How often it is tried to empty a log that others use. */
const INTERVAL_MS = 100;

/** How long closing waits for the log to be emptied. */
const MAX_WAIT_MS = 1000;

/** What it puts into the log that the index of words forgets a completion, in bytes: a hundred pages. */
const FORGETTING_BYTES = 1_048_576;

export interface ErasingThreads {
  /** Changes the index of words. */
  readonly writer: StorageThread;
  /** Copies the log into the file. */
  readonly keeper: StorageThread;
}

export class Erasing {
  readonly #threads: ErasingThreads;
  readonly #onWritten: (bytes: number) => void;
  /** Those that came since the log was last about to be emptied, and that one. */
  #deletions = 0;
  #running = Promise.resolve();
  #isClosing = false;
  #isGivenUp = false;

  /** `onWritten` hears how much was put into the log, about. */
  constructor(threads: ErasingThreads, onWritten: (bytes: number) => void) {
    this.#threads = threads;
    this.#onWritten = onWritten;
  }

  /** To be called after each deletion. */
  begin(): void {
    this.#deletions += 1;
    if (this.#deletions === 1) this.#running = this.#run();
  }

  /**
   * Resolves once nothing of what was deleted is in the index of words any longer, nor in the log, unless others still
   * read that: they are not waited for long.
   */
  async close(): Promise<void> {
    this.#isClosing = true;
    await this.#forgetAll().catch(() => undefined);
    await Promise.race([this.#running, sleep(MAX_WAIT_MS, undefined, { ref: false })]);
    this.#isGivenUp = true;
  }

  async #run(): Promise<void> {
    while (this.#deletions > 0 && !this.#isGivenUp) {
      await this.#waitForPause();
      this.#deletions = 1;
      if (await this.#erase().catch(() => false)) this.#deletions -= 1;
      else await sleep(INTERVAL_MS, undefined, { ref: false });
    }
  }

  /** Deletions come in rows, and each would wait until the index of words has forgotten the one before. */
  async #waitForPause(): Promise<void> {
    for (let pauses = 0; pauses < MAX_PAUSES && !this.#isClosing; pauses++) {
      const seen = this.#deletions;
      await sleep(PAUSE_MS, undefined, { ref: false });
      if (this.#deletions === seen) return;
    }
  }

  /** Returns false if it has to be tried again. */
  async #erase(): Promise<boolean> {
    const isForgotten = await this.#forgetAll().catch(() => false);
    // Also if that failed: on a full disk, the log may hold the space that it needs.
    return (await this.#threads.keeper.call('emptyLog')) === true && isForgotten;
  }

  async #forgetAll(): Promise<true> {
    for (;;) {
      const startMs = performance.now();
      if ((await this.#threads.writer.call('forgetOne')) === true) return true;
      this.#onWritten(FORGETTING_BYTES);
      // Half of the writes in between need not wait for it.
      if (!this.#isClosing) await sleep(performance.now() - startMs, undefined, { ref: false });
    }
  }
}
