import type { DatabaseSync } from 'node:sqlite';

import { refuseNewer } from '../refuse-newer.ts';
import { StorageError } from '../storage.ts';
import { sql as completions } from './migrations/001-completions.ts';
import { sql as idempotencyKeys } from './migrations/002-idempotency-keys.ts';
import { sql as lists } from './migrations/003-lists.ts';
import { sql as search } from './migrations/004-search.ts';
import { sql as texts } from './migrations/005-texts.ts';
import { shortenFilters } from './migrations/006-short-filters.ts';
import { sql as forgotten } from './migrations/007-forgotten.ts';
import { sql as journal } from './migrations/008-journal.ts';
import { sql as attachments } from './migrations/009-attachments.ts';

/** In order; never edited once released. */
export const MIGRATIONS: ReadonlyArray<string | ((db: DatabaseSync) => void)> = [
  completions,
  idempotencyKeys,
  lists,
  search,
  texts,
  shortenFilters,
  forgotten,
  journal,
  attachments,
];

/** "Clqy": tells our files from other SQLite databases. */
const APPLICATION_ID = 0x436c7179;

/** Brings the file to the newest schema. Throws `StorageError` for a foreign file, and for one from a newer release. */
export function migrate(db: DatabaseSync): void {
  // A start must not need what serving does not: to write, or to wait for one who writes.
  if (checkOwner(db) === MIGRATIONS.length) return;
  // The lock comes first: of two processes that start at once, the second finds the work done.
  db.exec('BEGIN IMMEDIATE');
  try {
    applyMigrations(db, checkOwner(db));
    db.exec('COMMIT');
  } catch (error) {
    // A full disk ends the transaction by itself.
    if (db.isTransaction) db.exec('ROLLBACK');
    throw error;
  }
}

/** Takes the file from one version of the schema to another. */
export function applyMigrations(db: DatabaseSync, from: number, to = MIGRATIONS.length): void {
  for (const migration of MIGRATIONS.slice(from, to)) {
    if (typeof migration === 'string') db.exec(migration);
    else migration(db);
  }
  db.exec(`PRAGMA application_id = ${APPLICATION_ID}; PRAGMA user_version = ${to}`);
}

/** Returns the file's schema version; 0 if it is empty. Throws like `migrate`, and changes nothing. */
export function checkOwner(db: DatabaseSync): number {
  // One statement sees one state, also while another process migrates.
  const row = db
    .prepare(
      `SELECT application_id AS applicationId, user_version AS version,
         (SELECT count(*) FROM sqlite_schema) AS tables
       FROM pragma_application_id, pragma_user_version`,
    )
    .get();
  const [applicationId, version, tables] = [
    row?.['applicationId'],
    Number(row?.['version']),
    row?.['tables'],
  ];
  const isEmpty = applicationId === 0 && version === 0 && tables === 0;
  if (applicationId !== APPLICATION_ID && !isEmpty) {
    throw new StorageError('it is an SQLite database, but not one of Colloquy');
  }
  refuseNewer(version, MIGRATIONS.length);
  return version;
}
