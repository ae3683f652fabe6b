// What the store costs at several sizes. See README.md.

import { existsSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';

import { readMetadata } from '../../packages/server/src/storage/spell-metadata.ts';
import { openToRead } from '../../packages/server/src/storage/sqlite/connection.ts';
import { SqliteReader } from '../../packages/server/src/storage/sqlite/reader.ts';
import { openSqliteStorage } from '../../packages/server/src/storage/sqlite/storage.ts';
import { measureChanges } from './change-some.ts';
import { cpuSince } from './cpu-since.ts';
import { measureStops } from './event-loop.ts';
import { fillStore } from './fill.ts';
import { measureInserts } from './insert-many.ts';
import { LISTS, listSearches } from './list-shapes.ts';
import { ChatMaker, type Sample } from './make-chats.ts';
import { measurePostgres } from './postgres.ts';
import { Report, type Figure } from './report.ts';

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
    figures: { type: 'string' },
  },
});

const stores = options.stores.split(',');
for (const count of options.records.split(',').map(Number)) {
  if (stores.includes('sqlite')) keepFigures(await measureFile(count));
  if (stores.includes('postgres')) keepFigures(await measurePostgres(count, options['postgres-url']));
}

/** Into the file of the plot, in place of those of the same store and size. */
function keepFigures(figures: readonly Figure[]): void {
  if (options.figures === undefined) return;
  const kept = existsSync(options.figures)
    ? (JSON.parse(readFileSync(options.figures, 'utf8')) as readonly Figure[])
    : [];
  const isReplaced = (old: Figure): boolean =>
    figures.some(({ store, records }) => store === old.store && records === old.records);
  const all = [...kept.filter((figure) => !isReplaced(figure)), ...figures];
  writeFileSync(options.figures, `${JSON.stringify(all, null, 2)}\n`);
}

async function measureFile(count: number): Promise<readonly Figure[]> {
  if (options.keep) return measure(count, join(options.folder, `colloquy-bench-${count}.db`));
  const folder = mkdtempSync(join(options.folder, 'colloquy-bench-'));
  try {
    return await measure(count, join(folder, 'colloquy.db'));
  } finally {
    rmSync(folder, { recursive: true });
  }
}

async function measure(count: number, path: string): Promise<readonly Figure[]> {
  const report = new Report('SQLite', count);
  const maker = new ChatMaker(count);
  if (!existsSync(path)) fill(report, path, count, maker);
  const before = performance.now();
  const storage = await openSqliteStorage(path);
  report.say('open', `${(performance.now() - before).toFixed(0)} ms`);
  reportTables(report, path, count);
  const some = sampleRecords(path);
  measureReads(report, path, some, maker);
  if (!options.keep) await measureStops(report, storage, some, maker);
  await measureChanges(report, storage, some);
  // When it has closed, what was deleted is forgotten.
  await storage.close();
  if (!options.keep) {
    const next = await openSqliteStorage(path);
    await measureInserts(report, next, maker);
    await next.close();
  }
  report.say('memory of the process', `${(process.memoryUsage.rss() / MEGABYTE).toFixed(0)} MB`);
  return report.figures;
}

function fill(report: Report, path: string, count: number, maker: ChatMaker): void {
  const { jsonBytes, writingUs, indexingUs } = fillStore(path, count, maker);
  report.say('disk', `${(sizeOf(path) / count).toFixed(0)} B a record`);
  report.say('of the JSON of requests and responses', `${(sizeOf(path) / jsonBytes).toFixed(2)} ×`);
  report.say('write, thousands to a commit', `${(writingUs / count).toFixed(0)} µs CPU each`);
  report.say('index', `${(indexingUs / count).toFixed(0)} µs CPU each`);
}

/** What each table and index takes, the largest first, and how much of it is empty. */
function reportTables(report: Report, path: string, count: number): void {
  const { db } = openToRead(path, 0);
  const rows = db
    .prepare(
      `SELECT name, sum(pgsize) AS bytes, sum(unused) AS unused FROM dbstat
       GROUP BY name HAVING bytes > ? ORDER BY bytes DESC`,
    )
    .all(count);
  for (const { name, bytes, unused } of rows) {
    const [taken, empty] = [bytes, unused].map((each) => (Number(each) / count).toFixed(0));
    report.say(`disk: ${String(name)}`, `${taken} B a record, ${empty} of them empty`);
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
function measureReads(report: Report, path: string, some: readonly Sample[], maker: ChatMaker): void {
  const reader = new SqliteReader(openToRead(path, 0));
  const pick = (): Sample => some[Math.floor(maker.random() * some.length)]!;
  timeReads(report, 'get', () => {
    const { project, id } = pick();
    reader.get(project, id);
  });
  timeReads(report, 'get the request', () => {
    const { project, id } = pick();
    reader.getRequest(project, id);
  });
  for (const [name, make] of [...LISTS, ...listSearches(maker)]) {
    for (const [place, after] of [
      ['first page', () => undefined],
      ['deep page', () => pick().id],
    ] as const) {
      timeReads(report, `list: ${name}, ${place}`, () => {
        const narrowed = make(pick());
        reader.list('home', { status: 'completed', limit: 20, order: 'desc', after: after(), ...narrowed });
      });
    }
  }
  reader.close();
}

/** The processor's time is that of all calls together: its clock may tick in milliseconds. */
function timeReads(report: Report, name: string, call: () => void): void {
  const times: number[] = [];
  const cpu = process.threadCpuUsage();
  for (let time = 0; time < READS; time++) {
    const before = performance.now();
    call();
    times.push(performance.now() - before);
  }
  report.sayTimes(name, times, { after: `, ${(cpuSince(cpu) / READS / 1000).toFixed(2)} ms CPU` });
}

function sizeOf(path: string): number {
  return [path, `${path}-wal`].reduce(
    (bytes, name) => bytes + (existsSync(name) ? statSync(name).size : 0),
    0,
  );
}
