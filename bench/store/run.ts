// What the store costs at several sizes. See README.md.

import { existsSync, mkdtempSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';

import { openToRead, openToWrite } from '../../packages/server/src/storage/sqlite/connection.ts';
import { SqliteReader } from '../../packages/server/src/storage/sqlite/reader.ts';
import { openSqliteStorage } from '../../packages/server/src/storage/sqlite/storage.ts';
import { SqliteWriter } from '../../packages/server/src/storage/sqlite/writer.ts';
import type { Storage } from '../../packages/server/src/storage/storage.ts';
import { measureInserts } from './insert-many.ts';
import { LISTS, listSearches } from './list-shapes.ts';
import { ChatMaker, type MadeRecord } from './make-chats.ts';
import { measurePostgres } from './postgres.ts';
import { describe, report, timeEach } from './report.ts';

const MEGABYTE = 1_048_576;
/** How many records of the first filling are committed together. */
const GROUP = 500;
/** How often each kind of read is measured. */
const READS = 300;
const CHANGES = 500;

const { values: options } = parseArgs({
  options: {
    records: { type: 'string', default: '10000,100000' },
    folder: { type: 'string', default: tmpdir() },
    stores: { type: 'string', default: 'sqlite,postgres' },
    'postgres-url': { type: 'string' },
  },
});

const stores = options.stores.split(',');
for (const count of options.records.split(',').map(Number)) {
  if (stores.includes('sqlite')) await measureFile(count);
  if (stores.includes('postgres')) await measurePostgres(count, options['postgres-url']);
}

async function measureFile(count: number): Promise<void> {
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
  const { some, jsonBytes } = fill(path, count, maker);
  report('disk', `${(sizeOf(path) / count).toFixed(0)} B a record`);
  report('of the JSON of requests and responses', `${(sizeOf(path) / jsonBytes).toFixed(2)} ×`);
  measureReads(path, some, maker);

  const before = performance.now();
  const storage = await openSqliteStorage(path);
  report('open', `${(performance.now() - before).toFixed(0)} ms`);
  await measureChanges(storage, some);
  await measureInserts(storage, maker);
  report('memory of the process', `${(process.memoryUsage.rss() / MEGABYTE).toFixed(0)} MB`);
  await storage.close();
}

/** Fills a store as its writing thread does, but without waiting for the disk. Returns two thousand of the records. */
function fill(path: string, count: number, maker: ChatMaker): { some: MadeRecord[]; jsonBytes: number } {
  const connection = openToWrite(path, 0);
  connection.db.exec('PRAGMA synchronous = OFF');
  const writer = new SqliteWriter(connection);
  const some: MadeRecord[] = [];
  let jsonBytes = 0;
  let writingUs = 0;
  for (let left = count; left > 0; left -= GROUP) {
    const records = Array.from({ length: Math.min(left, GROUP) }, () => maker.make());
    const before = process.threadCpuUsage();
    writer.commitTogether(() => {
      for (const record of records) writer.insert(record);
    });
    writingUs += cpuSince(before);
    for (const record of records) {
      jsonBytes += record.request.length + record.response.length;
      if (maker.random() < 2000 / count) some.push(record);
    }
  }
  const before = process.threadCpuUsage();
  while (!writer.indexSome());
  const indexingUs = cpuSince(before);
  writer.close();
  report('index', `${(indexingUs / count).toFixed(0)} µs CPU each`);
  report(`fill, ${GROUP} to a commit`, `${(writingUs / count).toFixed(0)} µs CPU each`);
  return { some, jsonBytes };
}

/** Reads as the reading thread does, on this one. */
function measureReads(path: string, some: readonly MadeRecord[], maker: ChatMaker): void {
  const reader = new SqliteReader(openToRead(path, 0));
  const pick = (): MadeRecord => some[Math.floor(maker.random() * some.length)]!;
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

async function measureChanges(storage: Storage, some: readonly MadeRecord[]): Promise<void> {
  const records = some.values();
  const next = (): MadeRecord => records.next().value ?? some[0]!;
  await timeEach('update', Math.min(CHANGES, some.length / 3), () => {
    const { project, id, metadata } = next();
    return storage.updateMetadata(project, id, { ...metadata, rating: 'good' });
  });
  await timeEach('delete', Math.min(CHANGES, some.length / 3), () => {
    const { project, id } = next();
    return storage.delete(project, id);
  });
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

function cpuSince(before: NodeJS.CpuUsage): number {
  const { user, system } = process.threadCpuUsage(before);
  return user + system;
}

function sizeOf(path: string): number {
  return [path, `${path}-wal`].reduce(
    (bytes, name) => bytes + (existsSync(name) ? statSync(name).size : 0),
    0,
  );
}
