// Ten thousand streams at once, in which nothing happens: what each costs, and how long a chunk then takes.

import type { ChildProcess } from 'node:child_process';
import { setTimeout as delay } from 'node:timers/promises';

import type { Table } from '../client/table.ts';
import { startColloquy, type Place } from './colloquy.ts';
import type { Held, Order as HoldOrder } from './hold.ts';
import { ask, forkProgram, forkServer, listChildren, readMemoryKb, stop, type Started } from './processes.ts';
import { composeBody } from './scenarios.ts';
import type { Order as UpstreamOrder } from './upstream.ts';

const WORKERS = 2;
const LIMIT_KB = 64;
const BODY = composeBody({ model: 'idle', promptBytes: 1000 }, false);
/** After which what was read and written on the way is taken for settled. */
const SETTLE_MS = 2000;
const END_TIMEOUT_MS = 60_000;

interface Subject {
  readonly name: string;
  readonly port: number;
  /** Of those whose memory counts. */
  readonly pids: readonly number[];
  readonly streams: number;
}

/** Of `streams` over two workers, as many without a gateway, and half of them over one process of L. */
export async function measureIdle(place: Place, upstream: ChildProcess, streams: number): Promise<Table> {
  const rows: string[][] = [];
  const direct = { name: 'direct', port: place.upstreamPort, pids: [], streams };
  rows.push(await measure(direct, upstream));
  const limit = await forkServer('limit.ts', { UPSTREAM: `http://127.0.0.1:${place.upstreamPort}` });
  // Each process has no more descriptors than this takes, with one to the upstream for each stream.
  const half = { name: 'L, one process', ...limit, pids: [limit.process.pid ?? 0], streams: streams / 2 };
  rows.push(await measure(half, upstream));
  await stop(limit.process);
  const colloquy: Started = await startColloquy(place, { name: 'idle', options: [`--workers=${WORKERS}`] });
  const workers = listChildren(colloquy.process.pid ?? 0);
  const own = { name: `colloquy, ${WORKERS} workers`, ...colloquy, pids: workers, streams };
  rows.push(await measure(own, upstream));
  await stop(colloquy.process, 'SIGTERM');
  return {
    title: `Idle streams. Must be: no errors, and ≤ ${LIMIT_KB} KB for each.`,
    head: [
      '',
      'streams',
      'errors',
      'MB before',
      'with',
      'after',
      'KB for each',
      'delay of a chunk p50 ms',
      'p99 ms',
    ],
    rows,
  };
}

async function measure({ name, port, pids, streams }: Subject, upstream: ChildProcess): Promise<string[]> {
  const hold = forkProgram('hold.ts');
  const open = (count: number): Promise<Held> =>
    ask<Held>(hold, { open: count, port, body: BODY } satisfies HoldOrder);
  // What makes the code warm leaves its traces in the memory before.
  await open(Math.ceil(streams / 10));
  await endAll(hold, upstream);
  const before = sumMemoryKb(pids);
  await open(streams);
  await delay(SETTLE_MS);
  const held = await ask<Held>(hold, 'read' satisfies HoldOrder);
  const during = sumMemoryKb(pids);
  await ask(upstream, 'send' satisfies UpstreamOrder);
  await delay(SETTLE_MS);
  const { delaysMs } = await ask<Held>(hold, 'read' satisfies HoldOrder);
  const ended = await endAll(hold, upstream);
  const after = sumMemoryKb(pids);
  await stop(hold);
  if (held.open !== streams) console.error(`${name}: ${held.open} of ${streams} open, ${ended.firstError}`);
  // A stream that got no chunk is an error, whatever became of it.
  const errors = Math.max(ended.errors, streams - delaysMs.count);
  const memory =
    pids.length === 0
      ? ['–', '–', '–', '–']
      : [...[before, during, after].map(toMb), ((during - before) / streams).toFixed(1)];
  return [name, String(streams), String(errors), ...memory, delaysMs.p50.toFixed(2), delaysMs.p99.toFixed(2)];
}

/** Resolves when no stream is open any more. */
async function endAll(hold: ChildProcess, upstream: ChildProcess): Promise<Held> {
  await ask(upstream, 'end' satisfies UpstreamOrder);
  for (const giveUpAt = Date.now() + END_TIMEOUT_MS; Date.now() < giveUpAt;) {
    await delay(SETTLE_MS);
    const held = await ask<Held>(hold, 'read' satisfies HoldOrder);
    if (held.open === 0) return held;
  }
  throw new Error(`some streams have not ended within ${END_TIMEOUT_MS} ms`);
}

function sumMemoryKb(pids: readonly number[]): number {
  return pids.reduce((sum, pid) => sum + readMemoryKb(pid), 0);
}

function toMb(kb: number): string {
  return (kb / 1024).toFixed(0);
}
