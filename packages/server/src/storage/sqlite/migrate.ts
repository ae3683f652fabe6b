import type { DatabaseSync } from 'node:sqlite';

import { StorageError } from '../storage.ts';
import { sql as completions } from './migrations/001-completions.ts';

/** In order; never edited once released. */
const MIGRATIONS = [completions];

/** "Clqy": tells our files from other SQLite databases. */
const APPLICATION_ID = 0x436c7179;

/** Brings the file to the newest schema. Throws `StorageError` for a foreign file, and for one from a newer release. */
export function migrate(db: DatabaseSync): void {
  // The lock comes first: of two processes that start at once, the second finds the work done.
  db.exec('BEGIN IMMEDIATE');
  try {
    const version = readPragma(db, 'user_version');
    const applicationId = readPragma(db, 'application_id');
    const tables = db.prepare('SELECT count(*) AS count FROM sqlite_schema').get()?.['count'];
    if (applicationId !== APPLICATION_ID && tables !== 0) {
      throw new StorageError('it is an SQLite database, but not one of Colloquy');
    }
    if (version > MIGRATIONS.length) {
      throw new StorageError(
        `it has schema ${version}, and this release knows up to ${MIGRATIONS.length}: use a newer Colloquy`,
      );
    }
    for (const sql of MIGRATIONS.slice(version)) db.exec(sql);
    db.exec(`PRAGMA application_id = ${APPLICATION_ID}; PRAGMA user_version = ${MIGRATIONS.length}; COMMIT`);
  } catch (error) {
    db.exec('ROLLBACK');
    throw error;
  }
}

function readPragma(db: DatabaseSync, name: string): number {
  return Number(db.prepare(`PRAGMA ${name}`).get()?.[name]);
}
