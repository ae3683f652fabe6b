// What is in force on the connections, how records share a commit, and what happens when connections run out.

import assert from 'node:assert/strict';
import { it, type TestContext } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';

import { Client } from 'pg';

import { createPool } from '../../../src/storage/postgres/pool.ts';
import { openPostgresStorage, type PostgresStorageOptions } from '../../../src/storage/postgres/storage.ts';
import type { Storage } from '../../../src/storage/storage.ts';
import { listIds } from '../list-ids.ts';
import { makeRecord } from '../make-record.ts';
import { INSERT_UNTIL_KILLED, readLines, start } from '../run-process.ts';
import { assertKept } from '../test-records.ts';
import { describeOnDatabase, run, type TestDatabase } from './stores.ts';

interface Opened {
  readonly storage: Storage;
  readonly url: string;
}

async function open(
  t: TestContext,
  database: TestDatabase,
  options?: PostgresStorageOptions,
): Promise<Opened> {
  const url = await database.makeSchema();
  const storage = await openPostgresStorage(url, options);
  t.after(() => storage.close());
  return { storage, url };
}

/** Someone else who holds a lock until told to let go. */
async function lock(t: TestContext, url: string, sql: string): Promise<() => Promise<unknown>> {
  const client = new Client(url);
  t.after(() => client.end());
  await client.connect();
  await client.query(`BEGIN; ${sql}`);
  return () => client.query('ROLLBACK');
}

/** Until that many statements wait for a lock. */
async function waitForWaiters(url: string, count: number): Promise<void> {
  const signal = AbortSignal.timeout(10_000);
  const sql = `SELECT FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'`;
  while ((await run(url, sql)).length !== count) await sleep(20, undefined, { signal });
}

await describeOnDatabase('the connections to a database', (database) => {
  it('commit to the disk, or to more than that, whatever is the default of the database', async (t) => {
    const url = new URL(await database.makeSchema());
    for (const [given, expected] of [
      ['off', 'on'],
      ['local', 'on'],
      ['remote_write', 'on'],
      ['on', 'on'],
      ['remote_apply', 'remote_apply'],
    ]) {
      url.searchParams.set('options', `-csynchronous_commit=${given}`);
      const pool = createPool(url.href, { max: 1, connectTimeoutMs: 10_000 }, assert.fail);
      t.after(() => pool.end());
      const { rows } = await pool.query('SHOW synchronous_commit');
      assert.deepEqual(rows, [{ synchronous_commit: expected }]);
    }
  });

  it('commit at once all that waited', async (t) => {
    const { storage, url } = await open(t, database);
    const release = await lock(t, url, 'LOCK TABLE completions IN SHARE MODE');
    const first = storage.insert(makeRecord());
    await new Promise(setImmediate);
    const others = Array.from({ length: 200 }, () => storage.insert(makeRecord()));
    await release();
    await Promise.all([first, ...others]);
    // Each row tells the transaction that wrote it.
    const commits = await run(url, 'SELECT count(*)::int AS rows FROM completions GROUP BY xmin ORDER BY 1');
    assert.deepEqual(commits, [{ rows: 1 }, { rows: 200 }]);
  });

  it('leave no idempotency key for long that has expired or belongs to nothing', async (t) => {
    const { storage, url } = await open(t, database);
    const countKeys = (): Promise<unknown> => run(url, 'SELECT count(*)::int AS count FROM idempotency_keys');
    const insert = async (value: string, expiresAtMs: number): Promise<string> => {
      const record = makeRecord();
      assert.equal(await storage.insert(record, { value, expiresAtMs }), true);
      return record.id;
    };
    await Promise.all(Array.from({ length: 40 }, (_, index) => insert(`old-${index}`, 1)));
    // What was inserted last removed some of what came before it.
    for (let index = 0; index < 15; index++) await insert(`new-${index}`, Number.MAX_SAFE_INTEGER);
    // The removal is done when the next group is.
    await storage.insert(makeRecord());
    assert.deepEqual(await countKeys(), [{ count: 15 }]);
    await storage.delete('home', await insert('deleted', Number.MAX_SAFE_INTEGER));
    assert.deepEqual(await countKeys(), [{ count: 15 }]);
    assert.equal((await listIds(storage)).length, 56);
  });

  it('are no more than allowed: what finds none free is refused, and nothing else', async (t) => {
    const { storage, url } = await open(t, database, { maxConnections: 3, connectTimeoutMs: 2000 });
    const records = [makeRecord(), makeRecord()];
    for (const record of records) await storage.insert(record);
    // The connections are made.
    await Promise.all(records.map(({ id }) => storage.get('home', id)));
    const release = await lock(t, url, 'SELECT FROM completions FOR UPDATE');
    const updates = records.map(({ id }) => storage.updateMetadata('home', id, { topic: 'sea' }));
    await waitForWaiters(url, updates.length);
    await assert.rejects(storage.get('home', records[0]!.id), {
      name: 'StorageError',
      message: 'every connection to the database is busy',
    });
    assert.equal(storage.available, true);
    await storage.insert(makeRecord());
    await release();
    await Promise.all(updates);
    await assertKept(storage, { ...records[0]!, metadata: { topic: 'sea' } });
  });

  it('of several stores change one completion at once without leaving a trace of who lost', async (t) => {
    const { storage, url } = await open(t, database);
    const other = await openPostgresStorage(url);
    t.after(() => other.close());
    const record = makeRecord({ metadata: { topic: 'sea' } });
    await storage.insert(record);
    const topics = Array.from({ length: 40 }, (_, index) => ['sea', 'river', 'lake'][index % 3]!);
    await Promise.all(
      topics.map((topic, index) =>
        (index % 2 === 0 ? storage : other).updateMetadata('home', record.id, { topic, [topic]: 'yes' }),
      ),
    );
    const { topic = '' } = (await storage.get('home', record.id))?.metadata ?? {};
    assert.deepEqual(
      await run(url, "SELECT name, value FROM filters WHERE name LIKE 'metadata.%' ORDER BY 1"),
      [
        { name: `metadata.${topic}`, value: 'yes' },
        { name: 'metadata.topic', value: topic },
      ].toSorted((a, b) => (a.name < b.name ? -1 : 1)),
    );

    const results = await Promise.all([
      ...topics.map((name, index) =>
        (index % 2 === 0 ? storage : other).updateMetadata('home', record.id, { [name]: 'no' }),
      ),
      storage.delete('home', record.id),
      other.delete('home', record.id),
    ]);
    assert.equal(results.slice(-2).filter(Boolean).length, 1);
    assert.deepEqual(await run(url, 'SELECT FROM filters'), []);
  });

  it('of several processes keep what each was told is kept, also of those that are killed', async (t) => {
    const url = await database.makeSchema();
    const acknowledged = await Promise.all(
      [20, 200, 400].map(async (last) => {
        const child = start(t, [...INSERT_UNTIL_KILLED, url]);
        const lines = await readLines(child, (count) => {
          if (count === last) child.kill('SIGKILL');
        });
        assert.equal(child.signalCode, 'SIGKILL');
        return lines.filter((line) => line.length === makeRecord().id.length);
      }),
    );
    const storage = await openPostgresStorage(url);
    t.after(() => storage.close());
    const ids = await listIds(storage, { limit: 100_000 });
    assert.deepEqual(await listIds(storage, { limit: 100_000, metadata: { topic: 'sea' } }), ids);
    const kept = new Set(ids);
    assert.deepEqual(
      acknowledged.flat().filter((id) => !kept.has(id)),
      [],
    );
  });
});
