// The processes of `serve --workers`: they share the port and the store. One that ends unasked is started again.

import cluster, { type Worker } from 'node:cluster';
import { once } from 'node:events';
import { createServer, type AddressInfo } from 'node:net';

import type { FastifyBaseLogger } from 'fastify';

/** How long to wait before a worker is started again: twice as long each time … */
const FIRST_DELAY_MS = 100;
const MAX_DELAY_MS = 10_000;
/** … unless it had run for as long as this. */
const STEADY_MS = 30_000;

/** Where a worker finds the port that all of them share. */
const PORT_VARIABLE = 'COLLOQUY_SHARED_PORT';

/** What a worker is told. The terminal's own signals reach every process, so that they could not be told from ours. */
export type Order = 'stop' | 'stop-now' | 'reload';

type Log = Pick<FastifyBaseLogger, 'info' | 'warn'>;

/** In a worker: what it listens on. */
export function sharedListening(): { readonly port: number; readonly reusePort: boolean } {
  // Linux gives each connection to one of them. Elsewhere, node:cluster does, which has a gap: who connects while the
  // last one closes is neither served nor refused until the process has gone.
  return { port: Number(process.env[PORT_VARIABLE]), reusePort: process.platform === 'linux' };
}

/** In a worker: says that it serves. */
export function reportReady(): void {
  process.send?.('ready');
}

/**
 * Returns the port once it is known to be free: on Linux, another server of the same user could share it, and half of
 * the requests would go there. 0 finds one. Throws like `listen`.
 */
export async function claimPort(host: string, port: number): Promise<number> {
  const server = createServer().listen({ host, port });
  await once(server, 'listening');
  const { port: claimed } = server.address() as AddressInfo;
  server.close();
  await once(server, 'close');
  return claimed;
}

export class Workers {
  readonly #port: number;
  readonly #log: Log;
  readonly #running = new Set<Worker>();
  /** Those that have started, and hear what they are told. */
  readonly #serving = new Set<Worker>();
  readonly #restarts = new Set<NodeJS.Timeout>();
  #isStopping = false;

  constructor(port: number, log: Log) {
    this.#port = port;
    this.#log = log;
  }

  /**
   * Starts so many. Resolves when they serve, or with an exit code: that of the first if it cannot, which has said why, or
   * 0 if all are to stop before they serve.
   */
  async start(count: number): Promise<number | undefined> {
    // Alone, so that it makes or migrates the store, and nobody else says again what is wrong.
    const first = this.#fork();
    const exitCode = await servesOrExits(first);
    if (this.#isStopping) return 0;
    if (exitCode !== undefined) return exitCode;
    this.#watch(first);
    const others = Array.from({ length: count - 1 }, () => this.#fork());
    for (const worker of others) this.#watch(worker);
    await Promise.all(others.map(servesOrExits));
    return undefined;
  }

  /** Tells all to end what is under way; at the second time, not to wait for it. */
  stop(): void {
    this.#tell(this.#isStopping ? 'stop-now' : 'stop');
    this.#isStopping = true;
    for (const restart of this.#restarts) clearTimeout(restart);
  }

  /** Tells all to read the configuration again. */
  reload(): void {
    this.#tell('reload');
  }

  #tell(order: Order): void {
    for (const worker of this.#running) {
      if (this.#serving.has(worker)) worker.send(order);
      else if (order === 'stop-now') worker.process.kill('SIGKILL');
      // What it is told before is lost.
      else worker.once('message', () => worker.send(order));
    }
  }

  #fork(): Worker {
    const worker = cluster.fork({ [PORT_VARIABLE]: this.#port });
    this.#running.add(worker);
    worker.once('message', () => this.#serving.add(worker));
    worker.on('exit', () => {
      this.#running.delete(worker);
      this.#serving.delete(worker);
    });
    // It has gone before it could be told.
    worker.on('error', () => undefined);
    return worker;
  }

  #watch(worker: Worker, delayMs = FIRST_DELAY_MS): void {
    const startedAt = performance.now();
    this.#log.info({ worker: worker.process.pid }, 'a worker was started');
    worker.on('exit', (code: number | null, signal: string | null) => {
      if (this.#isStopping) return;
      const nextMs = performance.now() - startedAt >= STEADY_MS ? FIRST_DELAY_MS : delayMs;
      const details = { worker: worker.process.pid, code, signal, delayMs: nextMs };
      this.#log.warn(details, 'a worker has ended; another one is started in its place');
      const restart = setTimeout(() => {
        this.#restarts.delete(restart);
        this.#watch(this.#fork(), Math.min(nextMs * 2, MAX_DELAY_MS));
      }, nextMs);
      this.#restarts.add(restart);
    });
  }
}

/** Resolves with the exit code if it comes to that. */
async function servesOrExits(worker: Worker): Promise<number | undefined> {
  const { promise, resolve } = Promise.withResolvers<number | undefined>();
  worker.once('message', () => resolve(undefined));
  worker.once('exit', (code: number | null) => resolve(code ?? 1));
  return promise;
}
