// What the store costs at several sizes. See README.md.

import { existsSync, mkdtempSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';

import { readMetadata } from '../../packages/server/src/storage/spell-metadata.ts';
import { openToRead } from '../../packages/server/src/storage/sqlite/connection.ts';
import { SqliteReader } from '../../packages/server/src/storage/sqlite/reader.ts';
import { openSqliteStorage } from '../../packages/server/src/storage/sqlite/storage.ts';
import { measureChanges } from './change-some.ts';
import { cpuSince } from './cpu-since.ts';
import { fillStore } from './fill.ts';
import { measureInserts } from './insert-many.ts';
import { LISTS, listSearches } from './list-shapes.ts';
import { ChatMaker, type MadeRecord } from './make-chats.ts';
import { measurePostgres } from './postgres.ts';
import { describe, report } from './report.ts';

const MEGABYTE = 1_048_576;
/** How often each kind of read is measured. */
const READS = 300;
/** How many of the records are read and changed, at most. */
const SAMPLE = 2000;

const { values: options } = parseArgs({
  options: {
    records: { type: 'string', default: '10000,100000' },
    folder: { type: 'string', default: tmpdir() },
    keep: { type: 'boolean', default: false },
    stores: { type: 'string', default: 'sqlite,postgres' },
    'postgres-url': { type: 'string' },
  },
});

/** What of a record leads to it. */
type Sample = Pick<MadeRecord, 'project' | 'id' | 'metadata'>;

const stores = options.stores.split(',');
for (const count of options.records.split(',').map(Number)) {
  if (stores.includes('sqlite')) await measureFile(count);
  if (stores.includes('postgres')) await measurePostgres(count, options['postgres-url']);
}

async function measureFile(count: number): Promise<void> {
  if (options.keep) {
    await measure(count, join(options.folder, `colloquy-bench-${count}.db`));
    return;
  }
  const folder = mkdtempSync(join(options.folder, 'colloquy-bench-'));
  try {
    await measure(count, join(folder, 'colloquy.db'));
  } finally {
    rmSync(folder, { recursive: true });
  }
}

async function measure(count: number, path: string): Promise<void> {
  console.log(`\n## ${count.toLocaleString('en')} records in SQLite\n`);
  const maker = new ChatMaker(count);
  if (!existsSync(path)) fill(path, count, maker);
  const before = performance.now();
  const storage = await openSqliteStorage(path);
  report('open', `${(performance.now() - before).toFixed(0)} ms`);
  reportTables(path, count);
  const some = sampleRecords(path);
  measureReads(path, some, maker);
  await measureChanges(storage, some);
  if (!options.keep) await measureInserts(storage, maker);
  report('memory of the process', `${(process.memoryUsage.rss() / MEGABYTE).toFixed(0)} MB`);
  await storage.close();
}

function fill(path: string, count: number, maker: ChatMaker): void {
  const { jsonBytes, writingUs, indexingUs } = fillStore(path, count, maker);
  report('disk', `${(sizeOf(path) / count).toFixed(0)} B a record`);
  report('of the JSON of requests and responses', `${(sizeOf(path) / jsonBytes).toFixed(2)} ×`);
  report('write, thousands to a commit', `${(writingUs / count).toFixed(0)} µs CPU each`);
  report('index', `${(indexingUs / count).toFixed(0)} µs CPU each`);
}

/** What each table and index takes, the largest first, and how much of it is empty. */
function reportTables(path: string, count: number): void {
  const { db } = openToRead(path, 0);
  const rows = db
    .prepare(
      `SELECT name, sum(pgsize) AS bytes, sum(unused) AS unused FROM dbstat
       GROUP BY name HAVING bytes > ? ORDER BY bytes DESC`,
    )
    .all(count);
  for (const { name, bytes, unused } of rows) {
    const [taken, empty] = [bytes, unused].map((each) => (Number(each) / count).toFixed(0));
    report(`disk: ${String(name)}`, `${taken} B a record, ${empty} of them empty`);
  }
  db.close();
}

/** Of all times alike. */
function sampleRecords(path: string): Sample[] {
  const { db } = openToRead(path, 0);
  const last = Number(db.prepare('SELECT max(seq) AS last FROM completions').get()?.['last']);
  const select = db.prepare('SELECT project, id, metadata FROM completions WHERE seq = ?');
  const count = Math.min(SAMPLE, last);
  const rows = Array.from({ length: count }, (_, index) =>
    select.get(1 + Math.floor((index * last) / count)),
  );
  db.close();
  return rows
    .filter((row) => row !== undefined)
    .map((row) => ({ ...row, metadata: readMetadata(String(row['metadata'])) }) as unknown as Sample);
}

/** Reads as the reading thread does, on this one. */
function measureReads(path: string, some: readonly Sample[], maker: ChatMaker): void {
  const reader = new SqliteReader(openToRead(path, 0));
  const pick = (): Sample => some[Math.floor(maker.random() * some.length)]!;
  timeReads('get', () => {
    const { project, id } = pick();
    reader.get(project, id);
  });
  timeReads('get the request', () => {
    const { project, id } = pick();
    reader.getRequest(project, id);
  });
  for (const [name, make] of [...LISTS, ...listSearches(maker)]) {
    for (const [place, after] of [
      ['first page', () => undefined],
      ['deep page', () => pick().id],
    ] as const) {
      timeReads(`list: ${name}, ${place}`, () => {
        const narrowed = make(pick());
        reader.list('home', { status: 'completed', limit: 20, order: 'desc', after: after(), ...narrowed });
      });
    }
  }
  reader.close();
}

/** The processor's time is that of all calls together: its clock may tick in milliseconds. */
function timeReads(name: string, call: () => void): void {
  const times: number[] = [];
  const cpu = process.threadCpuUsage();
  for (let time = 0; time < READS; time++) {
    const before = performance.now();
    call();
    times.push(performance.now() - before);
  }
  report(name, `${describe(times)}, ${(cpuSince(cpu) / READS / 1000).toFixed(2)} ms CPU`);
}

function sizeOf(path: string): number {
  return [path, `${path}-wal`].reduce(
    (bytes, name) => bytes + (existsSync(name) ? statSync(name).size : 0),
    0,
  );
}
