// What the store costs in PostgreSQL: see README.md.

import { Client } from 'pg';

import {
  INSERT,
  toRows,
  writeInsertValues,
} from '../../packages/server/src/storage/postgres/insert-statements.ts';
import { createPool } from '../../packages/server/src/storage/postgres/pool.ts';
import { SearchIndex } from '../../packages/server/src/storage/postgres/search-index.ts';
import { openPostgresStorage } from '../../packages/server/src/storage/postgres/storage.ts';
import { useConnection } from '../../packages/server/src/storage/postgres/transaction.ts';
import { StatementWriter } from '../../packages/server/src/storage/postgres/write-query.ts';
import { runAtOnce } from '../../packages/server/src/storage/steps.ts';
import type { Storage } from '../../packages/server/src/storage/storage.ts';
import { findBinaries, makeServer } from '../../packages/server/test/storage/postgres/server.ts';
import { measureChanges } from './change-some.ts';
import { measureStops } from './event-loop.ts';
import { measureInserts } from './insert-many.ts';
import { LISTS, listSearches, type ListShape } from './list-shapes.ts';
import { ChatMaker, type MadeRecord } from './make-chats.ts';
import { Report, type Figure } from './report.ts';

/** How many records of the first filling are committed together. */
const GROUP = 500;
/** How often each kind of read is measured. */
const READS = 300;
const MEGABYTE = 1_048_576;
const CONNECT_TIMEOUT_MS = 10_000;

/** Words are indexed for no more than this: it takes PostgreSQL many times as long as the records themselves. */
const MAX_INDEXED = 100_000;

/** On a server of its own, from npm's binaries, which syncs; or in a database of another one, whose URL is given. */
export async function measurePostgres(count: number, url?: string): Promise<readonly Figure[]> {
  const binaries = findBinaries();
  if (url === undefined && binaries === undefined) throw new Error('npm has no PostgreSQL for this platform');
  const server = url === undefined ? await makeServer(binaries!, []) : undefined;
  try {
    return await measure(count, url ?? server!.url);
  } finally {
    await server?.remove();
  }
}

async function measure(count: number, url: string): Promise<readonly Figure[]> {
  const report = new Report('PostgreSQL', count);
  const maker = new ChatMaker(count);
  await (await openPostgresStorage(url)).close();
  const { some, jsonBytes } = await fill(report, url, count, maker);
  const bytes = await settle(url);
  report.say('disk', `${(bytes / count).toFixed(0)} B a record`);
  report.say('of the JSON of requests and responses', `${(bytes / jsonBytes).toFixed(2)} ×`);

  const before = performance.now();
  const storage = await openPostgresStorage(url);
  report.say('open', `${(performance.now() - before).toFixed(0)} ms`);
  await measureReads(
    report,
    storage,
    some,
    [...LISTS, ...(count <= MAX_INDEXED ? listSearches(maker) : [])],
    maker,
  );
  await measureStops(report, storage, some, maker);
  await measureChanges(report, storage, some);
  await measureInserts(report, storage, maker);
  report.say('memory of the process', `${(process.memoryUsage.rss() / MEGABYTE).toFixed(0)} MB`);
  await storage.close();
  return report.figures;
}

/** By the store's own statement, but without waiting for the disk. Returns two thousand of the records. */
async function fill(
  report: Report,
  url: string,
  count: number,
  maker: ChatMaker,
): Promise<{ some: MadeRecord[]; jsonBytes: number }> {
  const pool = createPool(url, { max: 1, connectTimeoutMs: CONNECT_TIMEOUT_MS }, () => undefined);
  await pool.query('SET synchronous_commit = off');
  const writer = new StatementWriter();
  const some: MadeRecord[] = [];
  let jsonBytes = 0;
  const start = performance.now();
  for (let left = count; left > 0; left -= GROUP) {
    const records = Array.from({ length: Math.min(left, GROUP) }, () => maker.make());
    const rows = records.map((record) => runAtOnce(toRows(record)));
    await useConnection(pool, (client) =>
      writer.run(client, INSERT, (parameters) => writeInsertValues(parameters, rows)),
    );
    for (const record of records) {
      jsonBytes += record.request.length + record.response.length;
      if (maker.random() < 2000 / count) some.push(record);
    }
  }
  report.say(`fill, ${GROUP} to a commit`, `${Math.round(count / ((performance.now() - start) / 1000))}/s`);
  if (count <= MAX_INDEXED) {
    const indexing = performance.now();
    const index = new SearchIndex(pool, () => false);
    for (let rest = count; rest > 0;) {
      await index.catchUp('home');
      rest = (await pool.query('SELECT FROM unindexed LIMIT 1')).rowCount ?? 0;
    }
    report.say('index', `${Math.round(count / ((performance.now() - indexing) / 1000))}/s`);
  } else {
    await pool.query('TRUNCATE unindexed');
    report.say('index', `none above ${MAX_INDEXED.toLocaleString('en')} records`);
  }
  await pool.end();
  return { some, jsonBytes };
}

/** Tidies up, which no statement of the store may take so long for, and returns how large the database is. */
async function settle(url: string): Promise<number> {
  const client = new Client(url);
  await client.connect();
  await client.query('VACUUM ANALYZE');
  await client.query('CHECKPOINT');
  const { rows } = await client.query<{ bytes: string }>(
    'SELECT pg_database_size(current_database()) AS bytes',
  );
  await client.end();
  return Number(rows[0]!.bytes);
}

async function measureReads(
  report: Report,
  storage: Storage,
  some: readonly MadeRecord[],
  shapes: readonly ListShape[],
  maker: ChatMaker,
): Promise<void> {
  const pick = (): MadeRecord => some[Math.floor(maker.random() * some.length)]!;
  await report.timeEach('get', READS, () => storage.get('home', pick().id));
  await report.timeEach('get the request', READS, () => storage.getRequest('home', pick().id));
  for (const [name, make] of shapes) {
    for (const [place, after] of [
      ['first page', () => undefined],
      ['deep page', () => pick().id],
    ] as const) {
      await report.timeEach(`list: ${name}, ${place}`, READS, () => {
        const narrowed = make(pick());
        const query = { status: 'completed', limit: 20, order: 'desc', after: after(), ...narrowed } as const;
        return storage.list('home', query);
      });
    }
  }
}
