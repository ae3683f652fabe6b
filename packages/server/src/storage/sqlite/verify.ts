// Reads everything that a file holds, and says what of it is no longer what was kept. SQLite itself finds damage to its own
// structures only: a flipped bit in a text is for the hashes to find.

import { DatabaseSync } from 'node:sqlite';

import { readPosition } from '../../completion-id.ts';
import { readErrorMessage } from '../../error-message.ts';
import {
  describeWrongUses,
  findAttachmentDamage,
  listAttachments,
  readRestHash,
  type WrongUses,
} from '../attachments.ts';
import type { Damage } from '../damage.ts';
import { EVERYTHING, listFilters } from '../filters.ts';
import { StorageError } from '../storage.ts';
import { findAttachment } from './attachments.ts';
import { LIMIT, Connection } from './connection.ts';
import { filterKey } from './filter-rows.ts';
import { MIGRATIONS, checkOwner } from './migrate.ts';
import { findLabels } from './rows.ts';
import { decodeIntactTexts, type HashedTexts } from './text-codec.ts';

/** How many records are looked up at once: between them, a server that uses the file may tidy up. */
const BATCH = 1000;
const LOCK_TIMEOUT_MS = 5000;

/** Attachments that are not counted as they are used. What is too much for memory lies in a temporary file. */
const COMPARE_USES = `
  SELECT a.project, a.sha256, a.uses AS counted, u.uses AS found
  FROM attachments a LEFT JOIN (
    SELECT c.project, unhex(used.value) AS sha256, count(*) AS uses
    FROM completions c, json_each(list_attachments(c.request_attachments)) used
    WHERE c.project IN (SELECT project FROM attachments) AND c.request_attachments IS NOT NULL
    GROUP BY 1, 2
  ) u ON u.project = a.project AND u.sha256 = a.sha256
  WHERE a.uses IS NOT u.uses`;

interface Key {
  readonly project: string;
  readonly id: string;
  readonly seq: number;
}

/**
 * Tells `onDamage` of each damaged record, and of damage to the file itself. Returns how many records were read. A server
 * may use the file meanwhile.
 *
 * Throws `StorageError` if the file cannot be opened, is not ours, or has another schema than this release.
 */
export function verifyFile(path: string, onDamage: (damage: Damage) => void): number {
  const connection = open(path);
  try {
    checkStructure(connection, onDamage);
    let count = 0;
    for (const key of listKeys(connection, onDamage)) {
      count += 1;
      const reason = findDamage(connection, key);
      if (reason !== undefined) onDamage({ project: key.project, id: key.id, reason });
    }
    checkLists(connection, onDamage);
    checkUses(connection, onDamage);
    return count;
  } finally {
    connection.db.close();
  }
}

function open(path: string): Connection {
  let db: DatabaseSync | undefined;
  try {
    db = new DatabaseSync(path, { readOnly: true, timeout: LOCK_TIMEOUT_MS });
    if (checkOwner(db) === MIGRATIONS.length) return new Connection(db);
    throw new StorageError('an earlier release made it: start this one with it once');
  } catch (error) {
    db?.close();
    throw new StorageError(`${path}: ${readErrorMessage(error)}`, { cause: error });
  }
}

function checkStructure(connection: Connection, onDamage: (damage: Damage) => void): void {
  try {
    for (const { quick_check: reason } of connection.prepare('PRAGMA quick_check').all()) {
      if (reason !== 'ok') onDamage({ reason: String(reason) });
    }
  } catch (error) {
    onDamage({ reason: readErrorMessage(error) });
  }
}

/** From an index, so that a damaged record does not hide those behind it. */
function* listKeys(connection: Connection, onDamage: (damage: Damage) => void): Generator<Key> {
  const next = connection.prepare(
    `SELECT project, id, seq FROM completions WHERE (project, id) > (?, ?) ORDER BY project, id ${LIMIT}`,
  );
  let last: Pick<Key, 'project' | 'id'> | undefined = { project: '', id: '' };
  while (last !== undefined) {
    let keys: Key[];
    try {
      keys = next.all(last.project, last.id, BATCH) as unknown as Key[];
    } catch (error) {
      onDamage({
        reason: `what is behind ${last.id || 'the first record'} cannot be found: ${readErrorMessage(error)}`,
      });
      return;
    }
    yield* keys;
    last = keys.at(-1);
  }
}

/** Undefined if the record is what was kept, and lists find it; or if it was deleted meanwhile. */
function findDamage(connection: Connection, key: Key): string | undefined {
  try {
    // What belongs to it is seen as it was at the same moment.
    connection.db.exec('BEGIN');
    try {
      return checkRecord(connection, key);
    } finally {
      connection.db.exec('COMMIT');
    }
  } catch (error) {
    return `it cannot be read: ${readErrorMessage(error)}`;
  }
}

function checkRecord(connection: Connection, { project, id, seq }: Key): string | undefined {
  const row = connection
    .prepare(
      `SELECT project, id, request, response, request_sha256 AS requestHash, response_sha256 AS responseHash,
           request_attachments AS places
         FROM completions WHERE seq = ?`,
    )
    .get(seq);
  if (row === undefined || row['project'] !== project || row['id'] !== id) {
    return findAgain(connection, project, id) === seq ? 'it is not where its index says' : undefined;
  }
  const { places, ...kept } = row as unknown as HashedTexts & { readonly places: Uint8Array | null };
  const requestHash = places === null ? kept.requestHash : readRestHash(places);
  const [texts] = decodeIntactTexts([{ ...kept, requestHash }]);
  if (texts?.response === undefined) return 'its response is damaged';
  if (texts.request === undefined) return 'its request is damaged';
  const find = (sha256: Buffer) => findAttachment(connection, project, sha256);
  return (
    (places && findAttachmentDamage({ rest: texts.request, places, sha256: kept.requestHash }, find)) ??
    findMissingFilter(connection, { project, id, seq })
  );
}

/** What is wrong if a list by something that the completion has would not find it. */
function findMissingFilter(connection: Connection, { project, id, seq }: Key): string | undefined {
  const labels = findLabels(connection, project, id);
  if (labels === undefined) return undefined;
  const select = connection.prepare('SELECT 1 FROM filters WHERE filter = ? AND position = ? AND seq = ?');
  for (const filter of [EVERYTHING, ...listFilters(labels)]) {
    const [name] = filter;
    const row = select.get(filterKey(project, labels.status, filter), readPosition(id), seq);
    if (row === undefined) return `lists by ${name} do not find it`;
  }
  return undefined;
}

/** What lists walk that leads to nothing. */
function checkLists(connection: Connection, onDamage: (damage: Damage) => void): void {
  try {
    const row = connection
      .prepare(
        `SELECT count(*) AS count FROM filters f
         WHERE NOT EXISTS (SELECT 1 FROM completions c WHERE c.seq = f.seq)`,
      )
      .get();
    const count = Number(row?.['count']);
    if (count > 0) onDamage({ reason: `lists look for completions by ${count} labels that none has` });
  } catch (error) {
    onDamage({ reason: `what lists walk cannot be read: ${readErrorMessage(error)}` });
  }
}

/** What would be deleted while it is used, or never. One statement sees all of it as it is at one moment. */
function checkUses(connection: Connection, onDamage: (damage: Damage) => void): void {
  try {
    connection.db.function('list_attachments', { deterministic: true, directOnly: true }, (places) =>
      JSON.stringify(listAttachments(places as Uint8Array).map((sha256) => sha256.toString('hex'))),
    );
    for (const row of connection.prepare(COMPARE_USES).iterate()) {
      onDamage({ reason: describeWrongUses(row as unknown as WrongUses) });
    }
  } catch (error) {
    onDamage({ reason: `the uses of attachments cannot be counted: ${readErrorMessage(error)}` });
  }
}

/** The number under which the index has it now. */
function findAgain(connection: Connection, project: string, id: string): unknown {
  return connection.prepare('SELECT seq FROM completions WHERE (project, id) = (?, ?)').get(project, id)?.[
    'seq'
  ];
}
