// Space that is set aside for a full disk: to delete, SQLite has to write first.

import { randomBytes } from 'node:crypto';
import { existsSync, renameSync, rmSync, writeFileSync } from 'node:fs';

/** 16 MB: some dozens of deletions, and what was under way when the disk became full. */
const BALLAST_BYTES = 16 * 1_048_576;

/** A file beside that of the store, which all processes that use the store share. */
export class Ballast {
  readonly #path: string;
  #wasThere = false;

  /** Of the store at `path`. */
  constructor(path: string) {
    this.#path = `${path}-ballast`;
  }

  /** Whether somebody has thrown it off, and it is not there again. */
  get isReleased(): boolean {
    const isThere = existsSync(this.#path);
    this.#wasThere ||= isThere;
    return this.#wasThere && !isThere;
  }

  /** Makes it unless it is there. Throws if there is no space for it. */
  setAside(): void {
    if (existsSync(this.#path)) return;
    const unfinished = `${this.#path}-new`;
    try {
      // Some file systems store a page of zeros in no space at all.
      writeFileSync(unfinished, randomBytes(BALLAST_BYTES), { mode: 0o600 });
      renameSync(unfinished, this.#path);
    } catch (error) {
      rmSync(unfinished, { force: true });
      // Another process has made it meanwhile, with the same name.
      if (!existsSync(this.#path)) throw error;
    }
  }

  /** Makes room. Returns false if it had been done before. */
  release(): boolean {
    try {
      rmSync(this.#path);
      return true;
    } catch {
      return false;
    }
  }
}
