// What a search asks of the file. That it finds what it should is in the suite of all stores.

import assert from 'node:assert/strict';
import { join } from 'node:path';
import { describe, it, type TestContext } from 'node:test';

import { openToRead, openToWrite, type Connection } from '../../../src/storage/sqlite/connection.ts';
import { SqliteReader } from '../../../src/storage/sqlite/reader.ts';
import { SPAN_SIZE } from '../../../src/storage/sqlite/search-index.ts';
import { SqliteWriter } from '../../../src/storage/sqlite/writer.ts';
import type { ListQuery } from '../../../src/storage/storage.ts';
import { makeFolder } from '../../make-folder.ts';
import { makeChat, makeIdOf, makeRecord } from '../make-record.ts';
import { watchStatements } from './watch-statements.ts';

const START_MS = 1_800_000_000_000;

interface Store {
  readonly connection: Connection;
  readonly reader: SqliteReader;
  readonly writer: SqliteWriter;
  readonly ids: readonly string[];
}

/** With a completion for each of the times, kept in this order. */
async function makeStore(t: TestContext, times: readonly number[]): Promise<Store> {
  const path = join(await makeFolder(t), 'colloquy.db');
  const writer = new SqliteWriter(openToWrite(path, 1000));
  const connection = openToRead(path, 1000);
  const reader = new SqliteReader(connection);
  t.after(() => reader.close());
  t.after(() => writer.close());
  const ids = times.map((time) => makeIdOf(START_MS + time));
  writer.commitTogether(() => {
    for (const id of ids) writer.insert(makeRecord({ id, ...makeChat('a whale', 'is white') }));
  });
  while (!writer.indexSome());
  return { connection, reader, writer, ids };
}

function range(from: number, count: number): number[] {
  return Array.from({ length: count }, (_, index) => from + index);
}

describe('a search in a file', () => {
  it('asks the index once for a phrase that is nowhere, however many completions have its words', async (t) => {
    const { connection, reader } = await makeStore(t, range(0, 4 * SPAN_SIZE));
    const asked = watchStatements(t, connection);
    for (const order of ['asc', 'desc'] as const) {
      asked.length = 0;
      const page = reader.list('home', { status: 'completed', limit: 20, order, q: '"white whale"' });
      assert.deepEqual(page, { completions: [], hasMore: false });
      assert.equal(asked.filter(({ sql }) => sql.includes('MATCH')).length, 1);
    }
  });

  it('passes by what was kept in between, but belongs to another time', async (t) => {
    // Spans are of numbers, which begin with 1.
    const early = range(0, SPAN_SIZE - 1);
    const late = range(10_000, 4 * SPAN_SIZE);
    const between = range(5000, SPAN_SIZE);
    const { connection, reader } = await makeStore(t, [...early, ...late, ...between]);
    const asked = watchStatements(t, connection);
    for (const order of ['asc', 'desc'] as const) {
      asked.length = 0;
      const query: ListQuery = { status: 'completed', limit: 5000, order, q: 'whale' };
      const page = reader.list('home', { ...query, createdBeforeMs: START_MS + 9000 });
      const count = early.length + between.length;
      assert.equal(page.completions.length, count);
      const read = asked.reduce((sum, { rows }) => sum + rows, 0);
      assert.ok(read <= count + 2, `${read} rows`);
    }
  });

  it('ends within the span in which the page is full', async (t) => {
    const { connection, reader } = await makeStore(t, range(0, 4 * SPAN_SIZE));
    const asked = watchStatements(t, connection);
    for (const order of ['asc', 'desc'] as const) {
      asked.length = 0;
      reader.list('home', { status: 'completed', limit: SPAN_SIZE, order, q: 'whale' });
      const read = asked.reduce((sum, { rows }) => sum + rows, 0);
      assert.ok(read <= 2 * SPAN_SIZE + 1, `${read} rows`);
    }
  });

  it('sees the store at one moment, also while others delete', async (t) => {
    const { connection, reader, writer, ids } = await makeStore(t, [1, 2, 3]);
    const prepare = connection.prepare.bind(connection);
    t.mock.method(connection, 'prepare', (sql: string) => {
      // What was found is about to be read.
      if (sql.includes('WHERE c.seq = ?')) writer.commitTogether(() => writer.delete('home', ids[1]!));
      return prepare(sql);
    });
    const query: ListQuery = { status: 'completed', limit: 20, order: 'asc', q: 'whale' };
    const find = (): string[] => reader.list('home', query).completions.map(({ id }) => id);
    assert.deepEqual(find(), ids);
    assert.deepEqual(find(), [ids[0], ids[2]]);
  });
});
