// Starting programs, and reading from /proc what they use.

import { fork, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync, readdirSync } from 'node:fs';
import { connect, createServer, type AddressInfo } from 'node:net';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';

const START_TIMEOUT_MS = 60_000;
/** Clock ticks of /proc, in ms: USER_HZ is 100 on every Linux. */
/** Longer than any pause before what a gateway puts off. */
const REST_MS = 500;
const REST_TIMEOUT_MS = 60_000;
const TICK_MS = 10;

export interface Started {
  readonly process: ChildProcess;
  readonly port: number;
}

const running = new Set<ChildProcess>();
process.once('exit', () => running.forEach((child) => child.kill('SIGKILL')));
process.once('SIGINT', () => process.exit(1)).once('SIGTERM', () => process.exit(1));

/** The same process; it ends with this one, however this one ends. */
export function own<T extends ChildProcess>(child: T): T {
  running.add(child);
  return child.once('exit', () => running.delete(child));
}

/** Forks one of our own programs. */
export function forkProgram(file: string, env: Record<string, string> = {}): ChildProcess {
  return own(fork(join(import.meta.dirname, file), { env: { ...process.env, ...env } }));
}

/** Forks one that tells its port. */
export async function forkServer(file: string, env: Record<string, string> = {}): Promise<Started> {
  const child = forkProgram(file, env);
  const [port] = (await once(child, 'message')) as [number];
  return { process: child, port };
}

/** Sends a program its next job and resolves with what comes of it. */
export async function ask<T>(program: ChildProcess, job: object | string): Promise<T> {
  program.send(job);
  const [outcome] = (await once(program, 'message')) as [T | { readonly error: string }];
  if (typeof outcome === 'object' && outcome !== null && 'error' in outcome) throw new Error(outcome.error);
  return outcome;
}

/** Ends it, and resolves when it has gone. */
export async function stop(child: ChildProcess, signal: NodeJS.Signals = 'SIGKILL'): Promise<void> {
  const exited = once(child, 'exit');
  if (child.kill(signal)) await exited;
}

/** Resolves with what `look` finds, and throws if the program ends or takes a minute before that. */
export async function waitFor<T>(
  name: string,
  child: ChildProcess,
  look: () => Promise<T | undefined>,
): Promise<T> {
  for (const giveUpAt = Date.now() + START_TIMEOUT_MS; Date.now() < giveUpAt; await delay(50)) {
    const found = await look();
    if (found !== undefined) return found;
    if (child.exitCode !== null) throw new Error(`${name} ended with ${child.exitCode}`);
  }
  throw new Error(`${name} did not start within ${START_TIMEOUT_MS} ms`);
}

/** Whether something listens there, for `waitFor`. */
export async function answers(port: number): Promise<true | undefined> {
  const socket = connect(port, '127.0.0.1');
  return new Promise<true | undefined>((resolve) => {
    socket.once('connect', () => resolve(true)).once('error', () => resolve(undefined));
  }).finally(() => socket.destroy());
}

export async function findFreePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  server.close();
  return port;
}

/** What a process, with all its threads, has used of the CPU. */
export function readCpuMs({ pid }: ChildProcess): number {
  const stat = readFileSync(`/proc/${pid}/stat`, 'latin1');
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
  return TICK_MS * (Number(fields[11]) + Number(fields[12]));
}

/** Resolves once it rests: it has hardly used the CPU for a while. */
export async function waitForRest(child: ChildProcess): Promise<void> {
  let last = readCpuMs(child);
  for (const giveUpAt = Date.now() + REST_TIMEOUT_MS; Date.now() < giveUpAt;) {
    await delay(REST_MS);
    const now = readCpuMs(child);
    if (now - last <= TICK_MS) return;
    last = now;
  }
}

/** What a process holds of the memory: resident, in KB. */
export function readMemoryKb(pid: number): number {
  return Number(/^VmRSS:\s+(\d+) kB$/m.exec(readFileSync(`/proc/${pid}/status`, 'latin1'))?.[1]);
}

export function countDescriptors(pid: number): number {
  return readdirSync(`/proc/${pid}/fd`).length;
}

export function listChildren(pid: number): number[] {
  const text = readFileSync(`/proc/${pid}/task/${pid}/children`, 'latin1');
  return text.split(' ').filter(Boolean).map(Number);
}
