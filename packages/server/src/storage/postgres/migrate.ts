import type { ClientBase } from 'pg';

import { refuseNewer } from '../refuse-newer.ts';
import { StorageError } from '../storage.ts';
import { sql as completions } from './migrations/001-completions.ts';
import { sql as search } from './migrations/002-search.ts';
import { sql as compression } from './migrations/003-compression.ts';
import { sql as journal } from './migrations/004-journal.ts';
import { sql as attachments } from './migrations/005-attachments.ts';
import { sql as meetings } from './migrations/006-meetings.ts';

/** In order; never edited once released. */
export const MIGRATIONS = [completions, search, compression, journal, attachments, meetings];

/** Of the advisory lock: "Clqy". */
const LOCK = 0x436c7179;

/** As `server_version_num` spells it. */
const OLDEST_SERVER = 150_000;

/**
 * Brings the tables to the newest schema. They are in the schema that the connection's `search_path` names first.
 *
 * Throws `StorageError` for a server that cannot hold them, and for tables from a newer release. The connection is to be
 * closed then, with which locks and what was begun end.
 */
export async function migrate(client: ClientBase): Promise<void> {
  await checkServer(client);
  // A start must not need what serving does not: to write, or to wait for one who migrates.
  if ((await readVersion(client)) === MIGRATIONS.length) return;
  // Of two processes that start at once, the second finds the work done. Only a transaction that begins when it has the
  // lock is sure to see that.
  await client.query('SELECT pg_advisory_lock($1)', [LOCK]);
  await client.query('BEGIN');
  const version = await readVersion(client);
  if (version === 0) await client.query('CREATE TABLE colloquy_schema AS SELECT 0 AS version');
  for (const sql of MIGRATIONS.slice(version)) await client.query(sql);
  await client.query('UPDATE colloquy_schema SET version = $1', [MIGRATIONS.length]);
  await client.query('COMMIT');
}

/** Throws `StorageError` unless the tables are there, as this release has them. Changes nothing. */
export async function checkSchema(client: ClientBase): Promise<void> {
  await checkServer(client);
  const version = await readVersion(client);
  if (version === MIGRATIONS.length) return;
  throw new StorageError(
    version === 0
      ? 'it has no tables of Colloquy'
      : 'an earlier release made it: start this one with it once',
  );
}

/** Throws `StorageError` for a server that cannot hold our tables. */
export async function checkServer(client: ClientBase): Promise<void> {
  const { rows } = await client.query<{ number: number; name: string; encoding: string }>(
    `SELECT current_setting('server_version_num')::int AS number, current_setting('server_version') AS name,
       current_setting('server_encoding') AS encoding`,
  );
  const [{ number, name, encoding } = { number: 0, name: '', encoding: '' }] = rows;
  if (number < OLDEST_SERVER) throw new StorageError(`it is PostgreSQL ${name}: 15 or newer is needed`);
  if (encoding !== 'UTF8') {
    throw new StorageError(`its encoding is ${encoding}: make a database with ENCODING 'UTF8'`);
  }
}

/** 0 if there are no tables of ours. */
export async function readVersion(client: ClientBase): Promise<number> {
  const { rows: found } = await client.query("SELECT WHERE to_regclass('colloquy_schema') IS NOT NULL");
  if (found.length === 0) return 0;
  const { rows } = await client.query<{ version: number }>('SELECT version FROM colloquy_schema');
  const version = rows[0]?.version ?? 0;
  refuseNewer(version, MIGRATIONS.length);
  return version;
}
