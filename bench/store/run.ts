// What the store costs at several sizes. See README.md.

import { existsSync, mkdtempSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';

import { openSqliteStorage } from '../../packages/server/src/storage/sqlite/storage.ts';
import type { ListQuery, Storage } from '../../packages/server/src/storage/storage.ts';
import { ChatMaker, type MadeRecord } from './make-chats.ts';

const MEGABYTE = 1_048_576;
const FILL_CALLERS = 64;
/** How often each kind of read is measured. */
const READS = 300;
const CHANGES = 500;

const { values: options } = parseArgs({
  options: {
    records: { type: 'string', default: '10000,100000' },
    folder: { type: 'string', default: tmpdir() },
  },
});

for (const count of options.records.split(',').map(Number)) {
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
  const some: MadeRecord[] = [];
  let jsonBytes = 0;

  let storage = await openSqliteStorage(path);
  await insertMany(storage, count, FILL_CALLERS, () => {
    const record = maker.make();
    jsonBytes += record.request.length + record.response.length;
    if (maker.random() < 2000 / count) some.push(record);
    return record;
  });
  await timeOnce('close', () => storage.close());
  report('disk', `${(sizeOf(path) / count).toFixed(0)} B a record`);
  report('of the JSON of requests and responses', `${(sizeOf(path) / jsonBytes).toFixed(2)} ×`);

  storage = await timeOnce('open', () => openSqliteStorage(path));
  await measureReads(storage, some, maker);
  await measureChanges(storage, some);
  for (const [callers, writes] of [
    [1, 500],
    [8, 4000],
    [64, 20_000],
  ] as const) {
    await insertMany(storage, writes, callers, () => maker.make());
  }
  report('memory of the process', `${(process.memoryUsage.rss() / MEGABYTE).toFixed(0)} MB`);
  await storage.close();
}

async function insertMany(
  storage: Storage,
  count: number,
  callers: number,
  next: () => MadeRecord,
): Promise<void> {
  let left = count;
  const latencies: number[] = [];
  const cpu = process.cpuUsage();
  const start = performance.now();
  await Promise.all(
    Array.from({ length: callers }, async () => {
      while (left-- > 0) {
        const record = next();
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

async function measureReads(storage: Storage, some: readonly MadeRecord[], maker: ChatMaker): Promise<void> {
  const pick = (): MadeRecord => some[Math.floor(maker.random() * some.length)]!;
  await timeEach('get', READS, () => {
    const { project, id } = pick();
    return storage.get(project, id);
  });
  await timeEach('get the request', READS, () => {
    const { project, id } = pick();
    return storage.getRequest(project, id);
  });
  const shapes: Array<[name: string, make: (record: MadeRecord) => Partial<ListQuery>]> = [
    ['everything', () => ({})],
    ['model, 70 %', () => ({ model: 'small' })],
    ['model, 1 %', () => ({ model: 'rare' })],
    ['status, 1 %', () => ({ status: 'failed' })],
    ['one pair, 95 %', () => ({ metadata: { env: 'prod' } })],
    ['one pair, a hundred records', ({ metadata: { user } }) => ({ metadata: { user } })],
    ['two pairs, the frequent first', ({ metadata: { env, user } }) => ({ metadata: { env, user } })],
    ['two pairs, the rare first', ({ metadata: { env, user } }) => ({ metadata: { user, env } })],
    ['two pairs, 50 % and 2 %', () => ({ metadata: { topic: 'topic-7', env: 'test' } })],
    ['model, 1 %, and a pair', ({ metadata: { topic } }) => ({ metadata: { topic }, model: 'rare' })],
  ];
  for (const [name, make] of shapes) {
    for (const [place, after] of [
      ['first page', () => undefined],
      ['deep page', () => pick().id],
    ] as const) {
      await timeEach(`list: ${name}, ${place}`, READS, () =>
        storage.list('home', {
          status: 'completed',
          limit: 20,
          order: 'desc',
          after: after(),
          ...make(pick()),
        }),
      );
    }
  }
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

async function timeEach(name: string, times: number, call: () => Promise<unknown>): Promise<void> {
  const latencies: number[] = [];
  for (let time = 0; time < times; time++) {
    const before = performance.now();
    await call();
    latencies.push(performance.now() - before);
  }
  report(name, describe(latencies));
}

async function timeOnce<T>(name: string, call: () => Promise<T>): Promise<T> {
  const before = performance.now();
  const result = await call();
  report(name, `${(performance.now() - before).toFixed(0)} ms`);
  return result;
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
