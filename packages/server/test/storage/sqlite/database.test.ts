// What is in force on the file, and how lists walk it.

import assert from 'node:assert/strict';
import { open } from 'node:fs/promises';
import { join } from 'node:path';
import type { DatabaseSync } from 'node:sqlite';
import { describe, it, type TestContext } from 'node:test';

import { mintCompletionId } from '../../../src/completion-id.ts';
import { SqliteDatabase, composeList, openFile } from '../../../src/storage/sqlite/database.ts';
import type { ListQuery } from '../../../src/storage/storage.ts';
import { makeFolder } from '../../make-folder.ts';
import { makeRecord } from '../make-record.ts';

async function openDatabase(t: TestContext): Promise<{ db: DatabaseSync; path: string }> {
  const path = join(await makeFolder(t), 'colloquy.db');
  const db = openFile(path, 1000);
  t.after(() => db.close());
  return { db, path };
}

function makePairs(count: number): Record<string, string> {
  return Object.fromEntries(Array.from({ length: count }, (_, index) => [`key${index}`, 'value']));
}

/** Every shape that a list can have. */
function* listShapes(): Generator<[name: string, query: ListQuery]> {
  for (const order of ['asc', 'desc'] as const) {
    for (const after of [undefined, mintCompletionId()]) {
      for (const model of [undefined, 'small']) {
        for (const pairs of [0, 1, 2, 16]) {
          const name = `${order}, ${pairs} pairs${model ? ', model' : ''}${after ? ', after' : ''}`;
          yield [name, { status: 'completed', limit: 20, order, after, model, metadata: makePairs(pairs) }];
        }
      }
    }
  }
}

function explain(db: DatabaseSync, query: ListQuery): string[] {
  const { sql, values } = composeList('home', query);
  const steps = db.prepare(`EXPLAIN QUERY PLAN ${sql}`).all(...values);
  return steps.map(({ detail }) => String(detail));
}

/** Fails if rows are visited that an index could pass by, or sorted after they are found. */
function assertWalksIndexes(db: DatabaseSync): void {
  for (const [name, query] of listShapes()) {
    const steps = explain(db, query);
    const text = `${name}: ${steps.join('; ')}`;
    assert.doesNotMatch(text, /SCAN|TEMP B-TREE/, text);
    const filters = Object.keys(query.metadata ?? {}).length + (query.model === undefined ? 0 : 1);
    const bound = query.after === undefined ? '' : ` AND id${query.order === 'asc' ? '>' : '<'}?`;
    const leader =
      filters === 0
        ? `SEARCH c USING INDEX sqlite_autoindex_completions_1 (project=?${bound})`
        : `SEARCH f USING PRIMARY KEY (project=? AND name=? AND value=?${bound})`;
    // The first step is the outermost loop: it sets the order, and is bounded by the cursor.
    assert.equal(steps[0], leader, text);
    const lookUps = steps.filter((step) => step.includes('(project=? AND name=? AND value=? AND id=?)'));
    assert.equal(lookUps.length, Math.max(0, filters - 1), text);
    if (filters > 0) {
      assert.ok(
        steps.includes('SEARCH c USING INDEX sqlite_autoindex_completions_1 (project=? AND id=?)'),
        text,
      );
    }
  }
}

describe('the file', () => {
  it('has a write-ahead log that is synced at each commit', async (t) => {
    const { db, path } = await openDatabase(t);
    assert.equal(db.prepare('PRAGMA journal_mode').get()?.['journal_mode'], 'wal');
    // 2 is FULL. @see https://www.sqlite.org/pragma.html#pragma_synchronous
    assert.equal(db.prepare('PRAGMA synchronous').get()?.['synchronous'], 2);
    const file = await open(path);
    const { buffer } = await file.read(Buffer.alloc(20), 0, 20, 0);
    await file.close();
    // Written and read with a write-ahead log. @see https://www.sqlite.org/fileformat.html#file_format_version_numbers
    assert.deepEqual([buffer[18], buffer[19]], [2, 2]);
  });

  it('has strict tables, so that a column holds what it says', async (t) => {
    const { db } = await openDatabase(t);
    const tables = db
      .prepare("SELECT name, strict FROM pragma_table_list WHERE name NOT LIKE 'sqlite%'")
      .all();
    assert.equal(tables.length, 3);
    for (const { name, strict } of tables) assert.equal(strict, 1, String(name));
  });

  it('is the same after a probe', async (t) => {
    const { db } = await openDatabase(t);
    const before = db.prepare('PRAGMA user_version').get();
    new SqliteDatabase(db).probe();
    assert.deepEqual(db.prepare('PRAGMA user_version').get(), before);
  });

  it('has no idempotency key for long that has expired or belongs to nothing', async (t) => {
    const { db } = await openDatabase(t);
    const database = new SqliteDatabase(db);
    const countKeys = (): unknown =>
      db.prepare('SELECT count(*) AS count FROM idempotency_keys').get()?.['count'];
    const expire = (): void => db.exec('UPDATE idempotency_keys SET expires_at_ms = 1');
    const insert = (value: string): string => {
      const record = makeRecord();
      database.insert(record, { value, expiresAtMs: Number.MAX_SAFE_INTEGER });
      return record.id;
    };
    const ids = Array.from({ length: 40 }, (_, index) => insert(`old-${index}`));
    assert.equal(database.getByIdempotencyKey('home', 'old-39')?.id, ids[39]);
    expire();
    // Whether it was removed or not, it leads nowhere and is free.
    assert.equal(database.getByIdempotencyKey('home', 'old-39'), undefined);
    const next = insert('old-39');
    assert.equal(database.getByIdempotencyKey('home', 'old-39')?.id, next);
    expire();
    for (let count = 0; count < 20; count++) insert(`new-${count}`);
    assert.equal(countKeys(), 20);
    database.delete('home', insert('deleted'));
    assert.equal(countKeys(), 20);
    for (const id of ids) assert.ok(database.get('home', id));
  });

  it('has no row in filters that belongs to nothing', async (t) => {
    const { db } = await openDatabase(t);
    const database = new SqliteDatabase(db);
    const records = Array.from({ length: 6 }, () => makeRecord({ metadata: { a: '1', b: '2' } }));
    for (const record of records) database.insert(record);
    for (const { id } of records) database.updateMetadata('home', id, { b: '3', c: '4', d: '5' });
    const count = (): unknown => db.prepare('SELECT count(*) AS count FROM filters').get()?.['count'];
    // Two names of the model and three pairs.
    assert.equal(count(), records.length * 5);
    for (const { id } of records) database.delete('home', id);
    assert.equal(count(), 0);
  });
});

describe('a list', () => {
  it('walks indexes in their order, whatever it is narrowed by', async (t) => {
    const { db } = await openDatabase(t);
    assertWalksIndexes(db);
  });

  it('does so as well where SQLite knows what is frequent', async (t) => {
    const { db } = await openDatabase(t);
    const database = new SqliteDatabase(db);
    database.commitTogether(() => {
      for (let count = 0; count < 2000; count++) {
        // The first pair is in every record, the others in few.
        database.insert(makeRecord({ metadata: count % 500 === 0 ? makePairs(16) : makePairs(1) }));
      }
    });
    db.exec('ANALYZE');
    assertWalksIndexes(db);
  });
});

describe('commitTogether', () => {
  it('undoes everything if one write fails', async (t) => {
    const { db } = await openDatabase(t);
    const database = new SqliteDatabase(db);
    const record = makeRecord({ metadata: { topic: 'sea' } });
    assert.throws(
      () =>
        database.commitTogether(() => {
          database.insert(record);
          database.insert(record);
        }),
      /UNIQUE/,
    );
    assert.equal(db.isTransaction, false);
    assert.equal(database.get('home', record.id), undefined);
    assert.equal(db.prepare('SELECT count(*) AS count FROM filters').get()?.['count'], 0);
    database.commitTogether(() => database.insert(record));
    assert.equal(database.get('home', record.id)?.id, record.id);
  });
});
