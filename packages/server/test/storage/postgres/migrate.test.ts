// Which databases are opened, and which are left alone.

import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import { it } from 'node:test';

import { openPostgresStorage } from '../../../src/storage/postgres/storage.ts';
import { StorageError } from '../../../src/storage/storage.ts';
import { listIds } from '../list-ids.ts';
import { makeChat, makeRecord } from '../make-record.ts';
import { assertKept } from '../test-records.ts';
import { describeOnDatabase, run, type TestDatabase } from './stores.ts';

const NEWEST = 6;

/** A store of ours with a record. */
async function makeOurs(database: TestDatabase): Promise<string> {
  const url = await database.makeSchema();
  const storage = await openPostgresStorage(url);
  await storage.insert(makeRecord());
  await storage.close();
  return url;
}

/** Opening fails with one sentence that begins with the database, without secrets. */
async function assertRefused(url: string, reason: RegExp): Promise<void> {
  await assert.rejects(openPostgresStorage(url), (error) => {
    assert.ok(error instanceof StorageError);
    const { username, host, pathname } = new URL(url);
    const place = `postgres://${username}@${host}${pathname}: `;
    assert.ok(error.message.startsWith(place), error.message);
    assert.match(error.message.slice(place.length), reason);
    return true;
  });
}

async function listTables(url: string): Promise<unknown[]> {
  const rows = await run(
    url,
    `SELECT table_name AS name FROM information_schema.tables WHERE table_schema = current_schema() ORDER BY 1`,
  );
  return rows.map(({ name }) => name);
}

await describeOnDatabase('a database', (database) => {
  it('gets our tables, in the schema that its URL leads to, and the number of their schema', async () => {
    const url = await makeOurs(database);
    assert.deepEqual(await listTables(url), [
      'attachments',
      'colloquy_schema',
      'completions',
      'filters',
      'idempotency_keys',
      'journal',
      'noters',
      'texts',
      'unindexed',
    ]);
    assert.deepEqual(await run(url, 'SELECT version FROM colloquy_schema'), [{ version: NEWEST }]);
  });

  it('of an earlier release keeps its records, which are found by their words as well', async (t) => {
    const url = await database.makeSchema();
    const first = await openPostgresStorage(url);
    const record = makeRecord(makeChat('Where do whales sleep?', 'In the open sea.'));
    await first.insert(record);
    await first.close();
    // As it was before the second migration.
    await run(
      url,
      `DROP TABLE texts, unindexed, journal, noters, attachments; DROP FUNCTION meet_asc, meet_desc;
       ALTER TABLE completions DROP COLUMN request_attachments; UPDATE colloquy_schema SET version = 1`,
    );

    const storage = await openPostgresStorage(url);
    t.after(() => storage.close());
    await assertKept(storage, record);
    assert.deepEqual(await listIds(storage, { q: 'whales' }), [record.id]);
    assert.equal(await storage.delete('home', record.id), true);
    assert.deepEqual(await run(url, 'SELECT FROM texts'), []);
  });

  it('compresses texts with LZ4 where the server has it', async () => {
    const url = await makeOurs(database);
    const [row] = await run(
      url,
      `SELECT coalesce('lz4' = ANY (enumvals), false) AS "hasLz4", (
         SELECT array_agg(attname::text ORDER BY attname) FROM pg_attribute
         WHERE attrelid IN ('completions'::regclass, 'texts'::regclass) AND attcompression = 'l'
       ) AS compressed
       FROM pg_settings WHERE name = 'default_toast_compression'`,
    );
    assert.deepEqual(row?.['compressed'], row?.['hasLz4'] ? ['request', 'response', 'words'] : null);
  });

  it('is waited for while another process makes the tables, which are made once', async () => {
    const url = await database.makeSchema();
    const stores = await Promise.all(Array.from({ length: 6 }, () => openPostgresStorage(url)));
    await Promise.all(stores.map((storage) => storage.close()));
    assert.deepEqual(await run(url, 'SELECT version FROM colloquy_schema'), [{ version: NEWEST }]);
  });

  it('is refused by its schema if a newer release made it, and not changed', async () => {
    const url = await makeOurs(database);
    await run(url, 'UPDATE colloquy_schema SET version = 7');
    await assertRefused(
      url,
      new RegExp(`^it has schema 7, and this release knows up to ${NEWEST}: use a newer Colloquy$`),
    );
    assert.deepEqual(await run(url, 'SELECT version FROM colloquy_schema'), [{ version: 7 }]);
  });

  it('is left as it was if the tables cannot be made', async () => {
    const url = await database.makeSchema();
    await run(url, 'CREATE TABLE filters (mine text)');
    await assertRefused(url, /^relation "filters" already exists$/);
    assert.deepEqual(await listTables(url), ['filters']);
    // Nothing that was begun is left open.
    await run(url, 'DROP TABLE filters');
    await (await openPostgresStorage(url)).close();
  });

  it('is refused if it is not there, or has not the schema', async () => {
    const url = new URL(await database.makeSchema());
    url.searchParams.set('options', '-csearch_path=missing');
    await assertRefused(url.href, /^no schema has been selected to create in$/);
    url.pathname = '/missing';
    await assertRefused(url.href, /^database "missing" does not exist$/);
    url.searchParams.set('host', '127.0.0.1');
    url.searchParams.set('port', '1');
    await assertRefused(url.href, /^connect ECONNREFUSED 127\.0\.0\.1:1$/);
  });

  it('is refused if it cannot hold any text', async (t) => {
    const url = new URL(await database.makeSchema());
    const name = `${url.pathname.slice(1)}_latin`;
    await run(url.href, `CREATE DATABASE ${name} ENCODING 'LATIN1' LOCALE 'C' TEMPLATE template0`);
    t.after(() => run(url.href, `DROP DATABASE ${name} WITH (FORCE)`));
    const latin = new URL(url);
    latin.pathname = `/${name}`;
    latin.searchParams.delete('options');
    await assertRefused(latin.href, /^its encoding is LATIN1: make a database with ENCODING 'UTF8'$/);
  });

  it('may be opened by a role that may not make tables, once they are there', async (t) => {
    const url = await makeOurs(database);
    const schema = new URL(url).searchParams.get('options')?.split('=')[1];
    const role = `writer_${randomUUID().replaceAll('-', '')}`;
    await run(
      url,
      `CREATE ROLE ${role} LOGIN; GRANT USAGE ON SCHEMA ${schema} TO ${role};
       GRANT SELECT, INSERT, UPDATE, DELETE ON ALL TABLES IN SCHEMA ${schema} TO ${role}`,
    );
    t.after(() => run(url, `DROP OWNED BY ${role}; DROP ROLE ${role}`));
    const asWriter = new URL(url);
    asWriter.username = role;
    const storage = await openPostgresStorage(asWriter.href);
    const record = makeRecord();
    await storage.insert(record);
    await assertKept(storage, record);
    await storage.close();
  });
});
