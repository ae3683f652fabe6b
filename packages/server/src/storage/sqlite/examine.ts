// Whether a file can keep what is promised, and how it would find things.

import { DatabaseSync } from 'node:sqlite';

import { readErrorMessage } from '../../error-message.ts';
import { fault, fine, note, type Finding } from '../finding.ts';
import { StorageError } from '../storage.ts';
import { composeList } from './lists.ts';
import { MIGRATIONS, checkOwner } from './migrate.ts';

const LOCK_TIMEOUT_MS = 5000;

/**
 * What is to be said of the file. Changes nothing; a server may use it meanwhile.
 *
 * Throws `StorageError` if it cannot be opened, is not ours, or is a newer release's.
 */
export function examineFile(path: string): Finding[] {
  let db: DatabaseSync | undefined;
  try {
    db = new DatabaseSync(path, { readOnly: true, timeout: LOCK_TIMEOUT_MS });
    const version = checkOwner(db);
    return [
      ...examineSettings(db),
      ...(version === MIGRATIONS.length
        ? [fine(`schema ${version}, the newest`), ...examinePlans(db)]
        : [note(`schema ${version}: the next server brings it to ${MIGRATIONS.length}`)]),
    ];
  } catch (error) {
    throw new StorageError(`${path}: ${readErrorMessage(error)}`, { cause: error });
  } finally {
    db?.close();
  }
}

interface Settings {
  readonly version: string;
  readonly journal: string;
  readonly bytes: number;
  readonly free: number;
}

function examineSettings(db: DatabaseSync): Finding[] {
  const { version, journal, bytes, free } = db
    .prepare(
      `SELECT sqlite_version() AS version, journal_mode AS journal, page_count * page_size AS bytes,
         freelist_count * page_size AS free
       FROM pragma_journal_mode, pragma_page_count, pragma_page_size, pragma_freelist_count`,
    )
    .get() as unknown as Settings;
  return [
    fine(`SQLite ${version}, ${bytes} bytes, of which ${free} are free`),
    journal === 'wal'
      ? fine('journal_mode = wal')
      : note(`journal_mode = ${journal}: the next server changes it to wal`),
    fine('synchronous = FULL and secure_delete = ON for the connections of Colloquy'),
  ];
}

/** Of each kind of list, which are what could become slow. */
function examinePlans(db: DatabaseSync): Finding[] {
  const query = { status: 'completed', limit: 20, order: 'desc' } as const;
  const lists = {
    all: composeList('', query, []),
    'by model': composeList('', query, [['model', '']]),
    'by two labels': composeList('', query, [
      ['metadata.a', ''],
      ['metadata.b', ''],
    ]),
  };
  return Object.entries(lists).map(([name, { sql, values }]) => {
    const steps = db
      .prepare(`EXPLAIN QUERY PLAN ${sql}`)
      .all(...values)
      .map(({ detail }) => String(detail));
    // `SCAN` reads a table from end to end, unless it is the array of a parameter. Ids that share a position are sorted
    // among themselves: that is the last term.
    const bad = steps.find((step) => /^SCAN|TEMP B-TREE FOR ORDER BY/.test(step));
    return bad === undefined
      ? fine(`listChatCompletions: ${name}: ${steps.join('; ')}`)
      : fault(`listChatCompletions: ${name}: ${bad}`);
  });
}
