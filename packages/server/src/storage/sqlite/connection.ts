import { accessSync, constants, existsSync } from 'node:fs';
import { DatabaseSync, type StatementSync } from 'node:sqlite';

import { defineFunctions } from './filter-rows.ts';
import { checkOwner, migrate } from './migrate.ts';
import { SQLITE_BUSY, readResultCode } from './result-code.ts';

/** How often the change to a write-ahead log is tried while another process writes. */
const RETRY_MS = 10;

/** 256 MB. */
const MAX_LOG_PAGES = 32_768;

/** What each connection remembers of the pages that it reads. With SQLite's 2 MB, to forget a completion takes twice as long. */
const MAX_CACHE_KB = 16_384;

/** Not `LIMIT ?`: SQLite plans for the value, and so prepares the statement anew each time that one is bound. */
export const LIMIT = 'LIMIT 0 + ?';

/** An open file, and its statements: each is prepared once. */
export class Connection {
  readonly db: DatabaseSync;
  readonly #statements = new Map<string, StatementSync>();

  constructor(db: DatabaseSync) {
    this.db = db;
  }

  prepare(sql: string): StatementSync {
    let statement = this.#statements.get(sql);
    if (statement === undefined) {
      statement = this.db.prepare(sql);
      this.#statements.set(sql, statement);
    }
    return statement;
  }

  /** Its rows are arrays: of many columns, those are made and read in half the time of objects. */
  prepareRows(sql: string): StatementSync {
    const statement = this.prepare(sql);
    statement.setReturnArrays(true);
    return statement;
  }
}

/**
 * Opens the file for writing, or makes it. `lockTimeoutMs` is how long a call waits for the lock of another process.
 *
 * Throws if the file cannot be opened, is damaged, or is not ours.
 */
export function openToWrite(path: string, lockTimeoutMs: number): Connection {
  // SQLite would open it all the same, and fail with each write.
  if (existsSync(path)) accessSync(path, constants.W_OK);
  return open(path, lockTimeoutMs, (db) => {
    // The journal's mode is written into the file: what is not ours is refused before.
    checkOwner(db);
    // Of a new file only: two kilobytes of a compressed record leave half of SQLite's usual page empty.
    db.exec('PRAGMA page_size = 8192');
    useLog(db, lockTimeoutMs);
    // FULL syncs the log at each commit: what is acknowledged survives the loss of power. On macOS, only a full
    // fsync reaches the disk itself.
    db.exec('PRAGMA synchronous = FULL; PRAGMA fullfsync = ON');
    // What is deleted is overwritten, on pages that become free as well.
    db.exec('PRAGMA secure_delete = ON');
    // Another thread copies the log into the file; if it does not, a writer does it at last.
    db.exec(`PRAGMA wal_autocheckpoint = ${MAX_LOG_PAGES}`);
    migrate(db);
  });
}

/** Opens a file that was opened for writing before. Throws as `openToWrite` does. */
export function openToRead(path: string, lockTimeoutMs: number): Connection {
  return open(path, lockTimeoutMs, (db) => {
    checkOwner(db);
    db.exec('PRAGMA query_only = ON');
  });
}

function open(path: string, lockTimeoutMs: number, prepare: (db: DatabaseSync) => void): Connection {
  const db = new DatabaseSync(path, { timeout: lockTimeoutMs });
  try {
    defineFunctions(db);
    db.exec(`PRAGMA cache_size = -${MAX_CACHE_KB}`);
    prepare(db);
    return new Connection(db);
  } catch (error) {
    db.close();
    throw error;
  }
}

/** Changes the file to a write-ahead log. SQLite does not wait here for others that write: they are waited for here. */
function useLog(db: DatabaseSync, lockTimeoutMs: number): void {
  const deadline = performance.now() + lockTimeoutMs;
  const clock = new Int32Array(new SharedArrayBuffer(4));
  for (;;) {
    try {
      db.exec('PRAGMA journal_mode = WAL');
      return;
    } catch (error) {
      if (readResultCode(error) !== SQLITE_BUSY || performance.now() > deadline) throw error;
      Atomics.wait(clock, 0, 0, RETRY_MS);
    }
  }
}
