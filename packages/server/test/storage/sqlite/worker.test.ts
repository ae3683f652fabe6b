// The thread behind the store: groups, locks, a full disk, and its own end.

import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { readdir, rm, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { describe, it, type TestContext } from 'node:test';
import { setImmediate, setTimeout as sleep } from 'node:timers/promises';
import type { Worker } from 'node:worker_threads';

import type { Call } from '../../../src/storage/sqlite/call-message.ts';
import { openToWrite } from '../../../src/storage/sqlite/connection.ts';
import { openSqliteStorage, type SqliteStorageOptions } from '../../../src/storage/sqlite/storage.ts';
import { runTogether } from '../../../src/storage/sqlite/worker.ts';
import { SqliteWriter } from '../../../src/storage/sqlite/writer.ts';
import { StorageError, type CompletionRecord, type Storage } from '../../../src/storage/storage.ts';
import { makeFolder } from '../../make-folder.ts';
import { listIds } from '../list-ids.ts';
import { makeRecord } from '../make-record.ts';
import { assertKept } from '../test-records.ts';

interface Opened {
  readonly storage: Storage;
  readonly path: string;
  readonly writer: Worker;
  readonly reader: Worker;
}

async function open(t: TestContext, options?: SqliteStorageOptions): Promise<Opened> {
  const path = join(await makeFolder(t), 'colloquy.db');
  const workers: Worker[] = [];
  // Node tells the process of every thread that starts.
  const note = (worker: Worker): number => workers.push(worker);
  process.on('worker', note);
  const storage = await openSqliteStorage(path, options);
  await storage.get('home', '');
  process.off('worker', note);
  t.after(() => storage.close());
  const [writer, reader] = workers;
  return { storage, path, writer: writer!, reader: reader! };
}

/** Another process that writes and does not come to an end. Returns what ends it. */
function lock(t: TestContext, path: string): () => void {
  // The store may be indexing.
  const other = new DatabaseSync(path, { timeout: 10_000 });
  t.after(() => other.close());
  other.exec('BEGIN IMMEDIATE');
  return () => other.exec('ROLLBACK');
}

/** Counts its transactions. */
class CountingWriter extends SqliteWriter {
  attempts = 0;

  override commitTogether<T>(write: () => T): T {
    this.attempts += 1;
    return super.commitTogether(write);
  }
}

async function openCounting(t: TestContext): Promise<{ writer: CountingWriter; path: string }> {
  const path = join(await makeFolder(t), 'colloquy.db');
  const writer = new CountingWriter(openToWrite(path, 0));
  t.after(() => writer.close());
  return { writer, path };
}

/** `waiting` completions, which have no rows and come last, are to be indexed besides. */
async function openIndexing(
  t: TestContext,
  waiting = 0,
): Promise<{ writer: SqliteWriter; countUnindexed: () => number }> {
  const connection = openToWrite(join(await makeFolder(t), 'colloquy.db'), 0);
  t.after(() => connection.db.close());
  connection
    .prepare(
      `WITH RECURSIVE number (seq) AS (SELECT 1 UNION ALL SELECT seq + 1 FROM number)
       INSERT INTO unindexed SELECT 1000000000 + seq FROM number LIMIT ?`,
    )
    .run(waiting);
  const count = connection.prepare('SELECT count(*) AS count FROM unindexed');
  return { writer: new SqliteWriter(connection), countUnindexed: () => Number(count.get()?.['count']) };
}

function insertSome(writer: SqliteWriter, count: number): void {
  writer.commitTogether(() => {
    for (let index = 0; index < count; index++) writer.insert(makeRecord());
  });
}

function insertCall(number: number, changes: Partial<CompletionRecord> = {}): Call {
  return { number, method: 'insert', args: [makeRecord(changes)] };
}

async function becomes(storage: Storage, available: boolean): Promise<void> {
  const signal = AbortSignal.timeout(10_000);
  while (storage.available !== available) await sleep(20, undefined, { signal });
}

describe('a group', () => {
  it('is all that waited, committed at once', async (t) => {
    const { storage, path } = await open(t);
    const release = lock(t, path);
    const other = new DatabaseSync(path, { readOnly: true });
    t.after(() => other.close());
    const count = other.prepare('SELECT count(*) AS count FROM completions');
    const seen = new Set<unknown>();
    const inserts = Array.from({ length: 200 }, async () => {
      await storage.insert(makeRecord());
      seen.add(count.get()?.['count']);
    });
    // They are sent at the end of this turn: after two, all have reached the thread.
    await setImmediate();
    await setImmediate();
    release();
    await Promise.all(inserts);
    // What came first waited alone for the lock; the rest waited behind it.
    assert.ok(seen.size <= 2, [...seen].join());
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
    const { writer } = await openCounting(t);
    const [first, bad, last] = [insertCall(1), insertCall(2, { totalMs: 0.5 }), insertCall(3)];
    const replies = runTogether(writer, [first, bad, last]);
    assert.equal(writer.attempts, 4);
    assert.deepEqual(replies[0], { number: 1, isOutage: false, result: true });
    assert.deepEqual(replies[1], {
      number: 2,
      error: 'cannot store REAL value in INTEGER column completions.total_ms',
      isOutage: false,
    });
    assert.deepEqual(replies[2], { number: 3, isOutage: false, result: true });
  });
});

describe('a file that another process has locked', () => {
  it('is waited for once by a group, not once by each of its calls', async (t) => {
    const { writer, path } = await openCounting(t);
    const release = lock(t, path);
    const calls = Array.from({ length: 20 }, (_, number) => insertCall(number));
    for (const reply of runTogether(writer, calls)) {
      assert.deepEqual(reply, { number: reply.number, error: 'database is locked', isOutage: true });
    }
    assert.equal(writer.attempts, 1);
    release();
    assert.equal(runTogether(writer, calls).length, 20);
    assert.equal(writer.attempts, 2);
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

describe('indexing', () => {
  it('leaves the writes behind it synced, also if it fails', async (t) => {
    const path = join(await makeFolder(t), 'colloquy.db');
    const connection = openToWrite(path, 0);
    t.after(() => connection.db.close());
    const writer = new SqliteWriter(connection);
    const readLevel = (): unknown => connection.db.prepare('PRAGMA synchronous').get()?.['synchronous'];
    const FULL = 2;
    writer.insert(makeRecord());
    const release = lock(t, path);
    assert.throws(() => writer.indexSome(), /locked/);
    assert.equal(readLevel(), FULL);
    release();
    assert.equal(writer.indexSome(), true);
    assert.equal(readLevel(), FULL);
  });

  it('makes way for a write, and goes on behind it', async (t) => {
    const { writer, countUnindexed } = await openIndexing(t);
    insertSome(writer, 50);
    const before = countUnindexed();
    assert.equal(
      writer.indexSome(() => false),
      false,
    );
    const left = countUnindexed();
    assert.ok(left > 0 && left < before, `${left} of ${before}`);
    assert.equal(writer.indexSome(), true);
    assert.equal(countUnindexed(), 0);
  });

  it('waits for the end of a rush, until too much waits for it', async (t) => {
    const calm = await openIndexing(t);
    insertSome(calm.writer, 10);
    calm.writer.indexFor(10);
    assert.equal(calm.countUnindexed(), 10);
    const crowded = await openIndexing(t, 40_000);
    insertSome(crowded.writer, 10);
    crowded.writer.indexFor(10);
    assert.equal(crowded.countUnindexed(), 40_000);
  });
});

describe('a call that cannot be sent to the thread', () => {
  it('fails alone', async (t) => {
    const { storage } = await open(t);
    const kept = makeRecord();
    const bad = makeRecord({ metadata: { say: (() => 'no text') as unknown as string } });
    const results = await Promise.allSettled([storage.insert(bad), storage.insert(kept)]);
    const [refused, done] = results;
    assert.ok(refused.status === 'rejected' && refused.reason instanceof StorageError);
    assert.match(refused.reason.message, /could not be cloned/);
    assert.deepEqual(done, { status: 'fulfilled', value: true });
    assert.equal(storage.available, true);
    assert.deepEqual(await listIds(storage), [kept.id]);
  });
});

const ENDS: Array<(worker: Worker) => unknown> = [
  (worker) => worker.terminate(),
  // What the thread cannot read throws inside it.
  (worker) => worker.postMessage(null),
];

describe('a writing thread that ends', () => {
  it('rejects what waits, whatever ends it, and is started again', async (t) => {
    for (const end of ENDS) {
      const { storage, path, writer } = await open(t, { lockTimeoutMs: 60_000 });
      const kept = makeRecord();
      await storage.insert(kept);
      const release = lock(t, path);
      const before = storage.insert(makeRecord());
      void end(writer);
      const behind = storage.insert(makeRecord());
      const settled = Promise.allSettled([before, behind]);
      release();
      await assert.rejects(behind, StorageError);
      await settled;
      assert.equal(storage.available, false);
      // Reads have a thread of their own.
      await assertKept(storage, kept);
      await becomes(storage, true);
      const later = makeRecord();
      await storage.insert(later);
      await assertKept(storage, later);
    }
  });

  it('does not keep the store from closing', async (t) => {
    for (const end of ENDS) {
      const { storage, writer } = await open(t);
      void end(writer);
      await storage.close();
      await assert.rejects(storage.insert(makeRecord()), StorageError);
    }
  });
});

describe('a reading thread that ends', () => {
  it('is started again for the next read, and no write knows of it', async (t) => {
    for (const end of ENDS) {
      const { storage, reader } = await open(t);
      const kept = makeRecord();
      await storage.insert(kept);
      const ended = new Promise((resolve) => reader.once('exit', resolve));
      void end(reader);
      await ended;
      assert.equal(storage.available, true);
      await assertKept(storage, kept);
      await storage.insert(makeRecord());
    }
  });
});

describe('a read', () => {
  it('does not wait for writes', async (t) => {
    const { storage, path } = await open(t, { lockTimeoutMs: 60_000 });
    const kept = makeRecord();
    await storage.insert(kept);
    const release = lock(t, path);
    const insert = storage.insert(makeRecord());
    await assertKept(storage, kept);
    assert.deepEqual(await listIds(storage), [kept.id]);
    release();
    await insert;
  });
});

describe('the space that is set aside', () => {
  it('is not for notes', async (t) => {
    const { writer, path } = await openCounting(t);
    const update = { noter: { name: 'one', beat: 1 }, notes: [], dropped: [] };
    writer.setAside();
    writer.note(update);
    await rm(`${path}-ballast`);
    assert.equal(writer.isShortOfSpace, true);
    assert.throws(() => writer.note(update), /the disk is full/);
  });
});

describe('the log', () => {
  it('is copied into the file without a write that waits for it', async (t) => {
    const { storage, path } = await open(t);
    const { size } = await stat(path);
    await storage.insert(makeRecord({ response: randomBytes(5_000_000) }));
    const signal = AbortSignal.timeout(10_000);
    while ((await stat(path)).size < size + 5_000_000) await sleep(20, undefined, { signal });
  });

  it('is gone once the store is closed', async (t) => {
    const { storage, path } = await open(t);
    await storage.insert(makeRecord());
    await listIds(storage);
    await storage.close();
    assert.deepEqual(await readdir(join(path, '..')), ['colloquy.db']);
  });
});
