// Many requests in a row, and what is left of them.

import { readFile } from 'node:fs/promises';
import { setTimeout as delay } from 'node:timers/promises';

import type { Table } from '../client/table.ts';
import { startColloquy, type Place, type StartedColloquy } from './colloquy.ts';
import { ask, countDescriptors, forkProgram, readMemoryKb, stop, waitFor } from './processes.ts';
import { composeBody } from './scenarios.ts';

const BODY = composeBody({ model: 'plain', promptBytes: 1000 }, false);
const SAMPLE_MS = 100;
/** Connections to the upstream are kept for some seconds after their last answer. */
const CLOSE_TIMEOUT_MS = 30_000;
const MAX_GROWTH_MB = 10;
const MAX_MB = 150;

/** Three quarters of the requests by 32 callers, the last one by 256, after a tenth more that do not count. */
export async function soak(place: Place, requests: number): Promise<Table> {
  const colloquy = await startColloquy(place, { name: 'soak', nodeOptions: ['--inspect-port=0'] });
  const pid = colloquy.process.pid ?? 0;
  const load = forkProgram('load.ts');
  const send = (count: number, callers: number): Promise<unknown> =>
    ask(load, { port: colloquy.port, headers: {}, body: BODY, callers, requests: count, isTimed: false });
  await send(requests / 10, 32);
  await collectGarbage(colloquy);
  const before = readMemoryKb(pid);
  // After it, for the inspector stays open.
  const idle = await settle(pid, Infinity);
  await send(requests * 0.75, 32);
  let peak = 0;
  const sampler = setInterval(() => (peak = Math.max(peak, readMemoryKb(pid))), SAMPLE_MS);
  await send(requests * 0.25, 256);
  clearInterval(sampler);
  const unforced = readMemoryKb(pid);
  const descriptors = await settle(pid, idle);
  await collectGarbage(colloquy);
  const after = readMemoryKb(pid);
  await stop(load);
  await stop(colloquy.process, 'SIGTERM');
  const growth = (after - before) / 1024;
  return {
    title: `${requests} requests in a row.`,
    head: ['', 'measured', 'must be', ''],
    rows: [
      ['memory before, after collecting garbage', `${toMb(before)} MB`, '', ''],
      ['memory after, before collecting garbage', `${toMb(unforced)} MB`, '', ''],
      [
        'memory after, after collecting garbage',
        `${toMb(after)} MB (${growth.toFixed(1)} MB more)`,
        `≤ ${MAX_GROWTH_MB} MB more`,
        judge(growth <= MAX_GROWTH_MB),
      ],
      ['most memory with 256 callers', `${toMb(peak)} MB`, `≤ ${MAX_MB} MB`, judge(peak / 1024 <= MAX_MB)],
      ['descriptors', `${idle} before, ${descriptors} after`, 'no more', judge(descriptors <= idle)],
    ],
  };
}

/** By the inspector of the running process, which a signal opens: the server is started without any option for this. */
async function collectGarbage({ process: child, log }: StartedColloquy): Promise<void> {
  child.kill('SIGUSR1');
  const url = await waitFor('the inspector', child, async () => {
    const text = await readFile(log, 'utf8');
    return /Debugger listening on (ws:\S+)/.exec(text)?.[1];
  });
  const socket = new WebSocket(url);
  const nextEvent = (name: 'open' | 'message' | 'close'): Promise<void> =>
    new Promise((resolve) => socket.addEventListener(name, () => resolve(), { once: true }));
  await nextEvent('open');
  // Twice: what the first one finalises, only the second one frees.
  for (const id of [1, 2]) {
    socket.send(JSON.stringify({ id, method: 'HeapProfiler.collectGarbage' }));
    await nextEvent('message');
  }
  // A process does not exit while somebody inspects it.
  socket.close();
  await nextEvent('close');
}

/** Resolves with the number of descriptors, once it is no more than `expected` or does not change any more. */
async function settle(pid: number, expected: number): Promise<number> {
  let count = countDescriptors(pid);
  for (const giveUpAt = Date.now() + CLOSE_TIMEOUT_MS; Date.now() < giveUpAt;) {
    await delay(CLOSE_TIMEOUT_MS / 4);
    const next = countDescriptors(pid);
    if (next <= expected && next === count) return next;
    count = next;
  }
  return count;
}

function judge(isMet: boolean): string {
  return isMet ? 'met' : 'missed';
}

function toMb(kb: number): string {
  return (kb / 1024).toFixed(0);
}
