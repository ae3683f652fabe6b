// What is in force on the file, and how lists walk it.

import assert from 'node:assert/strict';
import { open } from 'node:fs/promises';
import { join } from 'node:path';
import type { SQLInputValue } from 'node:sqlite';
import { describe, it, type TestContext } from 'node:test';

import { mintCompletionId } from '../../../src/completion-id.ts';
import { EVERYTHING, queryFilters } from '../../../src/storage/filters.ts';
import { openToWrite, type Connection } from '../../../src/storage/sqlite/connection.ts';
import { filterKey } from '../../../src/storage/sqlite/filter-rows.ts';
import { composeCount, composeList, listCompletions } from '../../../src/storage/sqlite/lists.ts';
import { SqliteReader } from '../../../src/storage/sqlite/reader.ts';
import { findCompletion } from '../../../src/storage/sqlite/rows.ts';
import { searchCompletions } from '../../../src/storage/sqlite/search.ts';
import { SqliteWriter } from '../../../src/storage/sqlite/writer.ts';
import type { ListQuery } from '../../../src/storage/storage.ts';
import { makeFolder } from '../../make-folder.ts';
import { makeChat, makeRecord } from '../make-record.ts';
import { watchStatements } from './watch-statements.ts';

async function openStore(
  t: TestContext,
): Promise<{ connection: Connection; writer: SqliteWriter; path: string }> {
  const path = join(await makeFolder(t), 'colloquy.db');
  const connection = openToWrite(path, 1000);
  t.after(() => connection.db.close());
  return { connection, writer: new SqliteWriter(connection), path };
}

function makePairs(count: number): Record<string, string> {
  return Object.fromEntries(Array.from({ length: count }, (_, index) => [`key${index}`, 'value']));
}

/** Every shape that a list can have. */
function* listShapes(): Generator<[name: string, query: ListQuery]> {
  for (const order of ['asc', 'desc'] as const) {
    for (const after of [undefined, mintCompletionId()]) {
      for (const [createdAfterMs, createdBeforeMs] of [[], [1], [undefined, 2e12], [1, 2e12]]) {
        for (const model of [undefined, 'small']) {
          for (const pairs of [0, 1, 2, 16]) {
            const query: ListQuery = {
              status: 'completed',
              limit: 20,
              order,
              after,
              createdAfterMs,
              createdBeforeMs,
              model,
              metadata: makePairs(pairs),
            };
            yield [JSON.stringify({ ...query, metadata: pairs }), query];
          }
        }
      }
    }
  }
}

function explain(
  { db }: Connection,
  { sql, values }: { sql: string; values: readonly SQLInputValue[] },
): string[] {
  const steps = db.prepare(`EXPLAIN QUERY PLAN ${sql}`).all(...values);
  return steps.map(({ detail }) => String(detail));
}

/** Fails if rows are visited that an index could pass by, or sorted after they are found. */
function assertWalksIndexes(connection: Connection): void {
  for (const [name, query] of listShapes()) {
    const filters = queryFilters(query);
    const steps = explain(connection, composeList('home', query, filters));
    const text = `${name}: ${steps.join('; ')}`;
    assert.doesNotMatch(text, /SCAN/, text);
    const leader = 'SEARCH f USING PRIMARY KEY (filter=? AND position>? AND position<?)';
    // The first step is the outermost loop: it sets the order, and is bounded on both sides.
    assert.equal(steps[0], leader, text);
    const lookUps = steps.filter((step) => step.includes('(filter=? AND position=? AND seq=?)'));
    assert.equal(lookUps.length, Math.max(0, filters.length - 1), text);
    // What is not in the list is not read.
    assert.equal(steps.at(-2), 'SEARCH c USING INTEGER PRIMARY KEY (rowid=?)', text);
    // What shares a position is sorted, and nothing else.
    const sorts = steps.filter((step) => step.includes('TEMP B-TREE'));
    assert.deepEqual(sorts, ['USE TEMP B-TREE FOR LAST TERM OF ORDER BY'], text);
    const count = explain(connection, composeCount('home', query, filters[0] ?? EVERYTHING));
    assert.ok(count.includes(leader), count.join('; '));
  }
}

describe('the file', () => {
  it('has a write-ahead log that is synced at each commit', async (t) => {
    const { connection, path } = await openStore(t);
    assert.equal(connection.prepare('PRAGMA journal_mode').get()?.['journal_mode'], 'wal');
    // 2 is FULL. @see https://www.sqlite.org/pragma.html#pragma_synchronous
    assert.equal(connection.prepare('PRAGMA synchronous').get()?.['synchronous'], 2);
    const file = await open(path);
    const { buffer } = await file.read(Buffer.alloc(20), 0, 20, 0);
    await file.close();
    // Written and read with a write-ahead log. @see https://www.sqlite.org/fileformat.html#file_format_version_numbers
    assert.deepEqual([buffer[18], buffer[19]], [2, 2]);
  });

  it('has strict tables, so that a column holds what it says', async (t) => {
    const { connection } = await openStore(t);
    const tables = connection
      .prepare("SELECT name, strict FROM pragma_table_list WHERE type = 'table' AND name NOT LIKE 'sqlite%'")
      .all();
    assert.equal(tables.length, 10);
    for (const { name, strict } of tables) assert.equal(strict, 1, String(name));
  });

  it('is the same after a probe', async (t) => {
    const { connection, writer } = await openStore(t);
    const before = connection.prepare('PRAGMA user_version').get();
    writer.probe();
    assert.deepEqual(connection.prepare('PRAGMA user_version').get(), before);
  });

  it('has no idempotency key for long that has expired or belongs to nothing', async (t) => {
    const { connection, writer } = await openStore(t);
    const { db } = connection;
    const reader = new SqliteReader(connection);
    const countKeys = (): unknown =>
      db.prepare('SELECT count(*) AS count FROM idempotency_keys').get()?.['count'];
    const expire = (): void => db.exec('UPDATE idempotency_keys SET expires_at_ms = 1');
    const insert = (value: string): string => {
      const record = makeRecord();
      writer.insert(record, { value, expiresAtMs: Number.MAX_SAFE_INTEGER });
      return record.id;
    };
    const ids = Array.from({ length: 40 }, (_, index) => insert(`old-${index}`));
    assert.equal(reader.getByIdempotencyKey('home', 'old-39')?.id, ids[39]);
    expire();
    // Whether it was removed or not, it leads nowhere and is free.
    assert.equal(reader.getByIdempotencyKey('home', 'old-39'), undefined);
    const next = insert('old-39');
    assert.equal(reader.getByIdempotencyKey('home', 'old-39')?.id, next);
    expire();
    for (let count = 0; count < 20; count++) insert(`new-${count}`);
    assert.equal(countKeys(), 20);
    writer.delete('home', insert('deleted'));
    assert.equal(countKeys(), 20);
    for (const id of ids) assert.ok(reader.get('home', id));
  });

  it('has no row in filters that belongs to nothing', async (t) => {
    const { connection, writer } = await openStore(t);
    const records = Array.from({ length: 6 }, () => makeRecord({ metadata: { a: '1', b: '2' } }));
    for (const record of records) writer.insert(record);
    for (const { id } of records) writer.updateMetadata('home', id, { b: '3', c: '4', d: '5' });
    const count = (): unknown => connection.prepare('SELECT count(*) AS count FROM filters').get()?.['count'];
    // What every completion has, two names of the model and three pairs.
    assert.equal(count(), records.length * 6);
    for (const { id } of records) writer.delete('home', id);
    assert.equal(count(), 0);
  });
});

describe('a list', () => {
  it('walks indexes in their order, whatever it is narrowed by', async (t) => {
    const { connection } = await openStore(t);
    assertWalksIndexes(connection);
  });

  it('does so as well where SQLite knows what is frequent', async (t) => {
    const { connection, writer } = await openStore(t);
    writer.commitTogether(() => {
      for (let count = 0; count < 2000; count++) {
        // The first pair is in every record, the others in few.
        writer.insert(makeRecord({ metadata: count % 500 === 0 ? makePairs(16) : makePairs(1) }));
      }
    });
    connection.db.exec('ANALYZE');
    assertWalksIndexes(connection);
  });

  it('is led by its rarest filter, whatever the order in which they are given', async (t) => {
    const { connection, writer } = await openStore(t);
    writer.commitTogether(() => {
      for (let count = 0; count < 2000; count++) {
        writer.insert(makeRecord({ metadata: { often: 'yes', seldom: count % 100 === 0 ? 'yes' : 'no' } }));
      }
    });
    const asked = watchStatements(t, connection);
    const query: ListQuery = { status: 'completed', limit: 20, order: 'desc', model: 'small' };
    for (const metadata of [
      { often: 'yes', seldom: 'yes' },
      { seldom: 'yes', often: 'yes' },
    ]) {
      const page = listCompletions(connection, 'home', { ...query, metadata });
      assert.deepEqual([page.completions.length, page.hasMore], [20, false]);
    }
    // The first values of a walk are those of the filter that leads.
    const walks = asked.filter(({ sql }) => sql.includes('CROSS JOIN'));
    const rare = filterKey('home', 'completed', ['metadata.seldom', 'yes']);
    assert.deepEqual(
      walks.map(({ values }) => values[0]),
      [rare, rare],
    );
  });
});

describe('a search', () => {
  it('walks indexes, and sorts no more than a page', async (t) => {
    const { connection, writer } = await openStore(t);
    for (let count = 0; count < 30; count++) {
      writer.insert(makeRecord({ ...makeChat('whale', ''), metadata: makePairs(count === 0 ? 1 : 0) }));
    }
    writer.insert(makeRecord(makeChat('heron', '')));
    writer.indexSome();
    const asked = watchStatements(t, connection);
    const explainSearch = (q: string, pairs: number): string[] => {
      asked.length = 0;
      const query: ListQuery = { status: 'completed', limit: 20, order: 'desc', metadata: makePairs(pairs) };
      searchCompletions(connection, 'home', query, q);
      const plans = asked.map((statement) => explain(connection, statement).join('; '));
      for (const plan of plans) {
        assert.doesNotMatch(plan, /SCAN (c|f|o|completions|filters|spans)\b|TEMP B-TREE FOR ORDER BY/);
      }
      return plans;
    };
    // A virtual table is never searched, it is scanned by the plan that stands behind it: M is the match, < the bound.
    const [spans, words] = explainSearch('whale', 0);
    assert.equal(spans, 'SEARCH spans USING INTEGER PRIMARY KEY (rowid<?)');
    assert.match(words!, /^SCAN t VIRTUAL TABLE INDEX \d+:M\S*<; SEARCH c USING INTEGER PRIMARY KEY/);
    // To FTS5, a bound that is no integer is none.
    assert.equal(asked[1]?.values.at(-1), 511n);
    // Frequent words are looked up.
    const lookUp = explainSearch('whale', 1).find((plan) =>
      /^SCAN texts VIRTUAL TABLE INDEX \d+:M\S*>$/.test(plan),
    );
    assert.ok(lookUp);
    // Of rare ones, the filter is told.
    const filter = /^SEARCH f USING PRIMARY KEY \(filter=\? AND position>\? AND position<\?\); LIST SUBQUERY/;
    assert.match(explainSearch('heron', 1).at(-1)!, filter);
  });
});

describe('a completion that is deleted, and not forgotten yet', () => {
  it('is not found, nor is another in its place', async (t) => {
    const { connection, writer } = await openStore(t);
    const find = (q: string): string[] => {
      const page = searchCompletions(connection, 'home', { status: 'completed', limit: 9, order: 'asc' }, q);
      return page.completions.map(({ id }) => id);
    };
    const [first, last, next] = ['whale', 'heron', 'otter'].map((word) => makeRecord(makeChat(word, '')));
    writer.insert(first!);
    writer.insert(last!);
    while (!writer.indexSome());
    for (const { id } of [first!, last!]) assert.equal(writer.delete('home', id), true);
    writer.insert(next!);
    assert.deepEqual([...find('whale'), ...find('heron')], []);
    assert.equal(writer.delete('home', first!.id), false);
    while (!writer.indexSome());
    assert.deepEqual([...find('whale'), ...find('heron')], []);
    assert.deepEqual(find('otter'), [next!.id]);
    assert.equal(connection.prepare('SELECT count(*) AS count FROM forgotten').get()?.['count'], 0);
    // Throws if the index contradicts itself.
    connection.db.exec("INSERT INTO texts (texts) VALUES ('integrity-check')");
  });
});

describe('commitTogether', () => {
  it('undoes everything if one write fails', async (t) => {
    const { connection, writer } = await openStore(t);
    const { db } = connection;
    const record = makeRecord({ metadata: { topic: 'sea' } });
    assert.throws(
      () =>
        writer.commitTogether(() => {
          writer.insert(record);
          writer.insert(record);
        }),
      /UNIQUE/,
    );
    assert.equal(db.isTransaction, false);
    assert.equal(findCompletion(connection, 'home', record.id), undefined);
    assert.equal(db.prepare('SELECT count(*) AS count FROM filters').get()?.['count'], 0);
    writer.commitTogether(() => writer.insert(record));
    assert.equal(findCompletion(connection, 'home', record.id)?.completion.id, record.id);
  });
});
