// What the store costs at several sizes. See README.md.

import { existsSync, mkdtempSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';

import { readMetadata } from '../../packages/server/src/storage/spell-metadata.ts';
import { openToRead } from '../../packages/server/src/storage/sqlite/connection.ts';
import { SqliteReader } from '../../packages/server/src/storage/sqlite/reader.ts';
import { openSqliteStorage } from '../../packages/server/src/storage/sqlite/storage.ts';
import type { ListQuery, Storage } from '../../packages/server/src/storage/storage.ts';
import { cpuSince } from './cpu-since.ts';
import { fillStore } from './fill.ts';
import { ChatMaker, type MadeRecord } from './make-chats.ts';

const MEGABYTE = 1_048_576;
/** How often each kind of read is measured. */
const READS = 300;
const CHANGES = 500;
/** How many of the records are read and changed, at most. */
const SAMPLE = 2000;

const { values: options } = parseArgs({
  options: {
    records: { type: 'string', default: '10000,100000' },
    folder: { type: 'string', default: tmpdir() },
    keep: { type: 'boolean', default: false },
  },
});

/** What of a record leads to it. */
type Sample = Pick<MadeRecord, 'project' | 'id' | 'metadata'>;

for (const count of options.records.split(',').map(Number)) {
  if (options.keep) {
    await measure(count, join(options.folder, `colloquy-bench-${count}.db`));
    continue;
  }
  const folder = mkdtempSync(join(options.folder, 'colloquy-bench-'));
  try {
    await measure(count, join(folder, 'colloquy.db'));
  } finally {
    rmSync(folder, { recursive: true });
  }
}

async function measure(count: number, path: string): Promise<void> {
  console.log(`\n## ${count.toLocaleString('en')} records\n`);
  const maker = new ChatMaker(count);
  if (!existsSync(path)) fill(path, count, maker);
  const before = performance.now();
  const storage = await openSqliteStorage(path);
  report('open', `${(performance.now() - before).toFixed(0)} ms`);
  reportTables(path, count);
  const some = sampleRecords(path);
  measureReads(path, some, maker);
  await measureChanges(storage, some);
  if (!options.keep) {
    for (const [callers, writes] of [
      [1, 500],
      [8, 4000],
      [64, 20_000],
    ] as const) {
      await insertMany(storage, writes, callers, maker);
    }
  }
  report('memory of the process', `${(process.memoryUsage().rss / MEGABYTE).toFixed(0)} MB`);
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

async function insertMany(storage: Storage, count: number, callers: number, maker: ChatMaker): Promise<void> {
  // Made before, so that the CPU time is that of the store alone.
  const records = Array.from({ length: count }, () => maker.make()).values();
  const latencies: number[] = [];
  const cpu = process.cpuUsage();
  const start = performance.now();
  await Promise.all(
    Array.from({ length: callers }, async () => {
      for (const record of records) {
        const before = performance.now();
        await storage.insert(record);
        latencies.push(performance.now() - before);
      }
    }),
  );
  const seconds = (performance.now() - start) / 1000;
  const { user, system } = process.cpuUsage(cpu);
  report(
    `insert ${count.toLocaleString('en')}, ${callers} callers`,
    `${Math.round(count / seconds)}/s, ${((user + system) / count).toFixed(0)} µs CPU each, ${describe(latencies)}`,
  );
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
  const shapes: Array<[name: string, make: (record: Sample) => Partial<ListQuery>]> = [
    ['everything', () => ({})],
    ['model, 70 %', () => ({ model: 'small' })],
    ['model, 1 %', () => ({ model: 'rare' })],
    ['status, 1 %', () => ({ status: 'failed' })],
    ['one pair, 95 %', () => ({ metadata: { env: 'prod' } })],
    ['one pair, a hundred records', ({ metadata: { user } }) => ({ metadata: { user } })],
    ['two pairs, the frequent first', ({ metadata: { env, user } }) => ({ metadata: { env, user } })],
    ['two pairs, the rare first', ({ metadata: { env, user } }) => ({ metadata: { user, env } })],
    ['two pairs, 50 % and 2 %', () => ({ metadata: { topic: 'topic-7', env: 'test' } })],
    [
      'a day, one pair',
      () => ({
        metadata: { env: 'prod' },
        createdBeforeMs: Date.now() - 3_600_000,
        createdAfterMs: Date.now() - 90_000_000,
      }),
    ],
    ['model, 1 %, and a pair', ({ metadata: { topic } }) => ({ metadata: { topic }, model: 'rare' })],
    ['q: the', () => ({ q: 'the' })],
    ['q: one word', () => ({ q: maker.words(1).join(' ') })],
    ['q: two words', () => ({ q: [...maker.words(1), ...maker.words(1)].join(' ') })],
    ['q: a phrase of three words', () => ({ q: `"${maker.words(3).join(' ')}"` })],
    ['q: a word that never occurs', () => ({ q: 'xylophonist' })],
    [
      'q: the, and one pair, a hundred records',
      ({ metadata: { user } }) => ({ q: 'the', metadata: { user } }),
    ],
    [
      'q: two words, and one pair, 2 %',
      () => ({ q: maker.words(2).join(' '), metadata: { topic: 'topic-7' } }),
    ],
  ];
  for (const [name, make] of shapes) {
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

async function measureChanges(storage: Storage, some: readonly Sample[]): Promise<void> {
  // In no order of time, as people come upon them.
  const records = some.map((_, index) => some[(index * 977) % some.length]!).values();
  const next = (): Sample => records.next().value ?? some[0]!;
  await timeEach('update', Math.min(CHANGES, some.length / 3), () => {
    const { project, id, metadata } = next();
    return storage.updateMetadata(project, id, { ...metadata, rating: 'good' });
  });
  await timeEach('delete', Math.min(CHANGES, some.length / 3), () => {
    const { project, id } = next();
    return storage.delete(project, id);
  });
}

async function timeEach(name: string, times: number, call: () => Promise<unknown>): Promise<void> {
  const latencies: number[] = [];
  for (let time = 0; time < times; time++) {
    const before = performance.now();
    await call();
    latencies.push(performance.now() - before);
  }
  report(name, describe(latencies));
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

function describe(latencies: number[]): string {
  const sorted = latencies.sort((a, b) => a - b);
  const at = (share: number): string => sorted[Math.floor(sorted.length * share)]?.toFixed(2) ?? '–';
  return `p50 ${at(0.5)} ms, p95 ${at(0.95)} ms, worst ${sorted.at(-1)?.toFixed(1)} ms`;
}

function sizeOf(path: string): number {
  return [path, `${path}-wal`].reduce(
    (bytes, name) => bytes + (existsSync(name) ? statSync(name).size : 0),
    0,
  );
}

function report(name: string, figure: string): void {
  console.log(`${name.padEnd(48)} ${figure}`);
}
