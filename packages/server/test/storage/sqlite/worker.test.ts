// The thread behind the store: groups, locks, a full disk, and its own end.

import assert from 'node:assert/strict';
import { once } from 'node:events';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { describe, it, type TestContext } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Worker } from 'node:worker_threads';

import { SqliteDatabase, openFile } from '../../../src/storage/sqlite/database.ts';
import { openSqliteStorage, type SqliteStorageOptions } from '../../../src/storage/sqlite/storage.ts';
import { runTogether, type Call } from '../../../src/storage/sqlite/worker.ts';
import { StorageError, type CompletionRecord, type Storage } from '../../../src/storage/storage.ts';
import { makeFolder } from '../../make-folder.ts';
import { listIds } from '../list-ids.ts';
import { makeRecord } from '../make-record.ts';
import { assertKept } from '../test-records.ts';

interface Opened {
  readonly storage: Storage;
  readonly path: string;
  /** Node tells the process of every thread that starts. */
  readonly worker: Worker;
}

async function open(t: TestContext, options?: SqliteStorageOptions): Promise<Opened> {
  const path = join(await makeFolder(t), 'colloquy.db');
  const started = once(process, 'worker');
  const storage = await openSqliteStorage(path, options);
  t.after(() => storage.close());
  const [worker] = (await started) as [Worker];
  return { storage, path, worker };
}

/** Another process that writes and does not come to an end. Returns what ends it. */
function lock(t: TestContext, path: string): () => void {
  const other = new DatabaseSync(path);
  t.after(() => other.close());
  other.exec('BEGIN IMMEDIATE');
  return () => other.exec('ROLLBACK');
}

/** A database that counts its transactions. */
class CountingDatabase extends SqliteDatabase {
  attempts = 0;

  override commitTogether<T>(write: () => T): T {
    this.attempts += 1;
    return super.commitTogether(write);
  }
}

async function openCounting(t: TestContext): Promise<{ database: CountingDatabase; path: string }> {
  const path = join(await makeFolder(t), 'colloquy.db');
  const database = new CountingDatabase(openFile(path, 0));
  t.after(() => database.close());
  return { database, path };
}

function insertCall(number: number, changes: Partial<CompletionRecord> = {}): Call {
  return { number, method: 'insert', args: [makeRecord(changes)] };
}

async function becomes(storage: Storage, available: boolean): Promise<void> {
  const signal = AbortSignal.timeout(10_000);
  while (storage.available !== available) await sleep(20, undefined, { signal });
}

/** How often was committed since the log was begun. @see https://www.sqlite.org/fileformat.html#wal_file_format */
async function countCommits(path: string): Promise<number> {
  const log = await readFile(`${path}-wal`);
  const pageSize = log.readUInt32BE(8);
  let commits = 0;
  // A frame that ends a transaction says how many pages the file then has.
  for (let frame = 32; frame < log.length; frame += 24 + pageSize) {
    if (log.readUInt32BE(frame + 4) !== 0) commits += 1;
  }
  return commits;
}

describe('a group', () => {
  it('is all that waited, committed at once', async (t) => {
    const { storage, path } = await open(t);
    const before = await countCommits(path);
    const release = lock(t, path);
    const inserts = Array.from({ length: 200 }, () => storage.insert(makeRecord()));
    release();
    await Promise.all(inserts);
    // What came first waited alone for the lock; the rest waited behind it.
    assert.ok((await countCommits(path)) - before <= 2);
    assert.equal((await listIds(storage)).length, 200);
  });

  it('is answered after its commit: another process finds it', async (t) => {
    const { storage, path } = await open(t);
    const other = new DatabaseSync(path, { readOnly: true });
    t.after(() => other.close());
    const find = other.prepare('SELECT count(*) AS count FROM completions WHERE id = ?');
    const records = Array.from({ length: 50 }, () => makeRecord());
    await Promise.all(
      records.map(async (record) => {
        await storage.insert(record);
        assert.equal(find.get(record.id)?.['count'], 1);
      }),
    );
  });
});

describe('a group with a bad record', () => {
  it('is tried again one by one, and only the bad one fails', async (t) => {
    const { database } = await openCounting(t);
    const [first, bad, last] = [insertCall(1), insertCall(2, { totalMs: 0.5 }), insertCall(3)];
    const replies = runTogether(database, [first, bad, last]);
    assert.equal(database.attempts, 4);
    assert.deepEqual(replies[0], { number: 1, result: true });
    assert.deepEqual(replies[1], {
      number: 2,
      error: 'cannot store REAL value in INTEGER column completions.total_ms',
      isOutage: false,
    });
    assert.deepEqual(replies[2], { number: 3, result: true });
  });
});

describe('a file that another process has locked', () => {
  it('is waited for once by a group, not once by each of its calls', async (t) => {
    const { database, path } = await openCounting(t);
    const release = lock(t, path);
    const calls = Array.from({ length: 20 }, (_, number) => insertCall(number));
    for (const reply of runTogether(database, calls)) {
      assert.deepEqual(reply, { number: reply.number, error: 'database is locked', isOutage: true });
    }
    assert.equal(database.attempts, 1);
    release();
    assert.equal(runTogether(database, calls).length, 20);
    assert.equal(database.attempts, 2);
  });

  it('makes the store unavailable until it can be written again', async (t) => {
    const { storage, path } = await open(t, { lockTimeoutMs: 10 });
    const kept = makeRecord();
    await storage.insert(kept);
    const release = lock(t, path);
    await assert.rejects(storage.insert(makeRecord()), StorageError);
    assert.equal(storage.available, false);
    // Reads go on.
    await assertKept(storage, kept);
    assert.deepEqual(await listIds(storage), [kept.id]);
    release();
    await becomes(storage, true);
    await storage.insert(makeRecord());
  });

  it('makes it unavailable whatever the write', async (t) => {
    const { storage, path } = await open(t, { lockTimeoutMs: 10 });
    const { id } = makeRecord();
    await storage.insert(makeRecord({ id }));
    const release = lock(t, path);
    for (const write of [storage.updateMetadata('home', id, {}), storage.delete('home', id)]) {
      await assert.rejects(write, { name: 'StorageError', message: 'database is locked' });
    }
    assert.equal(storage.available, false);
    release();
  });

  it('does not keep the store from closing', async (t) => {
    const { storage, path } = await open(t, { lockTimeoutMs: 10 });
    lock(t, path);
    const insert = storage.insert(makeRecord());
    const closed = storage.close();
    await assert.rejects(insert, StorageError);
    await closed;
    assert.equal(storage.available, false);
  });
});

describe('a thread that ends', () => {
  it('rejects what waits, whatever ends it', async (t) => {
    const ends: Array<(worker: Worker) => unknown> = [
      (worker) => worker.terminate(),
      // What the thread cannot read throws inside it.
      (worker) => worker.postMessage(null),
    ];
    for (const end of ends) {
      const { storage, path, worker } = await open(t, { lockTimeoutMs: 60_000 });
      const kept = makeRecord();
      await storage.insert(kept);
      const release = lock(t, path);
      const before = [storage.insert(makeRecord()), storage.get('home', kept.id)];
      void end(worker);
      const behind = [storage.insert(makeRecord()), storage.get('home', kept.id)];
      const settled = Promise.allSettled([...before, ...behind]);
      release();
      for (const call of behind) await assert.rejects(call, StorageError);
      await settled;
      assert.equal(storage.available, false);
      await assert.rejects(storage.insert(makeRecord()), StorageError);
      await assert.rejects(storage.get('home', kept.id), StorageError);
      await storage.close();

      const reopened = await openSqliteStorage(path);
      await assertKept(reopened, kept);
      await reopened.close();
    }
  });
});
