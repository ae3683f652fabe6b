// The processes of the measurements, as the parent sees them.

import { fork, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';

import type { Answer, Order } from './orders.ts';

/** Longer than anything should take, in milliseconds; what takes longer is reported as failed. */
const PATIENCE_MS = 120_000;

export class Server {
  readonly origin: string;
  readonly #child: ChildProcess;

  private constructor(child: ChildProcess, port: number) {
    this.#child = child;
    this.origin = `http://127.0.0.1:${port}`;
  }

  static async start(): Promise<Server> {
    const child = fork(join(import.meta.dirname, 'server.ts'));
    return new Server(child, (await hear(child)) as number);
  }

  stop(): Promise<void> {
    return stop(this.#child);
  }
}

/** A subject in a process of its own. */
export class Worker {
  readonly #child: ChildProcess;

  private constructor(child: ChildProcess) {
    this.#child = child;
  }

  static async start(subject: string): Promise<Worker> {
    const child = fork(join(import.meta.dirname, 'worker.ts'), [subject], { execArgv: ['--expose-gc'] });
    await hear(child);
    return new Worker(child);
  }

  async ask(order: Order): Promise<Answer> {
    try {
      this.#child.send(order);
      return (await hear(this.#child)) as Answer;
    } catch (error) {
      // It may still be at work, and must not disturb the others.
      this.#child.kill('SIGKILL');
      return { error: String(error) };
    }
  }

  stop(): Promise<void> {
    return stop(this.#child);
  }
}

async function hear(child: ChildProcess): Promise<unknown> {
  const { promise, resolve, reject } = Promise.withResolvers<unknown>();
  const onExit = (code: number | null) => reject(new Error(`its process ended with ${code}`));
  const timer = setTimeout(() => reject(new Error(`no answer within ${PATIENCE_MS} ms`)), PATIENCE_MS);
  child.once('message', resolve).once('exit', onExit).once('error', reject);
  try {
    return await promise;
  } finally {
    clearTimeout(timer);
    child.off('message', resolve).off('exit', onExit).off('error', reject);
  }
}

async function stop(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  const ended = once(child, 'exit');
  if (child.connected) child.disconnect();
  await ended;
}
