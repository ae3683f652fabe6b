import type { Storage } from '../../packages/server/src/storage/storage.ts';
import type { ChatMaker } from './make-chats.ts';
import type { Report } from './report.ts';

/** How many callers, and how many records they insert together. */
const LOADS = [
  [1, 500],
  [8, 4000],
  [64, 20_000],
] as const;

/** Prints the rate and the CPU time of this process. */
export async function measureInserts(report: Report, storage: Storage, maker: ChatMaker): Promise<void> {
  for (const [callers, count] of LOADS) await insertMany(report, storage, count, callers, maker);
}

async function insertMany(
  report: Report,
  storage: Storage,
  count: number,
  callers: number,
  maker: ChatMaker,
): Promise<void> {
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
  report.sayTimes(`insert ${count.toLocaleString('en')}, ${callers} callers`, latencies, {
    before: `${Math.round(count / seconds)}/s, ${((user + system) / count).toFixed(0)} µs CPU each, `,
  });
}
