import { extname } from 'node:path';
import { Worker } from 'node:worker_threads';

import { readErrorMessage } from '../../error-message.ts';
import { StorageError } from '../storage.ts';
import { packCalls, type Call, type RecordTexts } from './call-message.ts';
import { explainFailure } from './explain-failure.ts';
import type { Method, Reply, WorkerData } from './worker.ts';

// Source and build differ in the extension only.
const SCRIPT = new URL(`./worker${extname(import.meta.url)}`, import.meta.url);

export const CLOSED = 'the store is closed';
const ENDED = 'the storage thread ended';

interface Pending {
  readonly resolve: (result: unknown) => void;
  readonly reject: (error: StorageError) => void;
}

export interface ThreadOptions extends WorkerData {
  /** Hears of each reply that says that no more can be written, and of each end that was not asked for. */
  readonly onOutage?: () => void;
}

/**
 * A thread with a connection of its own. It starts with the first call, and again with the next one after it died.
 *
 * To wake a thread costs more than many a call: those of one turn of the event loop go in one message, and so do the
 * replies to what was done together.
 */
export class StorageThread {
  readonly #options: ThreadOptions;
  readonly #pending = new Map<number, Pending>();
  #calls = 0;
  /** Those of this turn, until they are sent. */
  #unsent: Call[] | undefined;
  #worker: Promise<Worker> | undefined;
  #closed: Promise<void> | undefined;

  constructor(options: ThreadOptions) {
    this.#options = options;
  }

  /** Throws `StorageError` that says why the file cannot be served. */
  async start(): Promise<void> {
    await (this.#worker ??= this.#startWorker());
  }

  /** Throws `StorageError` if the call fails, if the thread dies meanwhile, or if it is closed. */
  async call(method: Method, ...args: unknown[]): Promise<unknown> {
    if (this.#closed !== undefined) throw new StorageError(CLOSED);
    return this.#send({ method, args });
  }

  /** Like `call`, with a record without its texts as the first argument. */
  async callWithTexts(method: Method, texts: RecordTexts, ...args: unknown[]): Promise<unknown> {
    if (this.#closed !== undefined) throw new StorageError(CLOSED);
    return this.#send({ method, texts, args });
  }

  /** Ends the thread after what was asked is answered; what is asked from now on is refused. */
  close(): Promise<void> {
    this.#closed ??= this.#close();
    return this.#closed;
  }

  async #close(): Promise<void> {
    if (this.#worker === undefined) return;
    // It ends all the same if it could not be started, or dies on the way.
    await this.#send({ method: 'close', args: [] }).catch(() => undefined);
    const worker = await this.#worker?.catch(() => undefined);
    await worker?.terminate();
  }

  async #send(call: Omit<Call, 'number'>): Promise<unknown> {
    const worker = await (this.#worker ??= this.#startWorker());
    const number = ++this.#calls;
    this.#queue({ ...call, number }, worker);
    return new Promise((resolve, reject) => this.#pending.set(number, { resolve, reject }));
  }

  #queue(call: Call, worker: Worker): void {
    if (this.#unsent !== undefined) {
      this.#unsent.push(call);
      return;
    }
    const calls = [call];
    this.#unsent = calls;
    setImmediate(() => {
      // If the thread died meanwhile, these were lost with it, and others may be queued for the next one.
      if (this.#unsent === calls) this.#unsent = undefined;
      this.#post(calls, worker);
    });
  }

  /** What cannot be sent fails alone. */
  #post(calls: readonly Call[], worker: Worker): void {
    try {
      const message = packCalls(calls);
      worker.postMessage(message, [message.bytes.buffer]);
    } catch (error) {
      if (calls.length > 1) for (const call of calls) this.#post([call], worker);
      else
        for (const { number } of calls)
          this.#settle({ number, error: readErrorMessage(error), isOutage: false });
    }
  }

  async #startWorker(): Promise<Worker> {
    const { role, path, lockTimeoutMs } = this.#options;
    const workerData: WorkerData = { role, path, lockTimeoutMs };
    const worker = new Worker(SCRIPT, { workerData });
    try {
      await new Promise((resolve, reject) => {
        worker.once('message', resolve).once('error', reject);
        worker.once('exit', () => reject(new Error(ENDED)));
      });
    } catch (error) {
      this.#worker = undefined;
      throw new StorageError(`${path}: ${explainFailure(error)}`, { cause: error });
    }
    worker.removeAllListeners('error').removeAllListeners('exit');
    worker.on('message', (replies: readonly Reply[]) => {
      for (const reply of replies) this.#settle(reply);
    });
    // A failure is followed by the end that it leads to, when another thread may have taken its place.
    let isLost = false;
    const lose = (reason: string): void => {
      if (!isLost) this.#lose(reason);
      isLost = true;
    };
    worker.once('error', (error: unknown) => lose(`the storage thread failed: ${readErrorMessage(error)}`));
    worker.once('exit', () => lose(ENDED));
    return worker;
  }

  #settle(reply: Reply): void {
    const pending = this.#pending.get(reply.number);
    this.#pending.delete(reply.number);
    if (reply.isOutage) this.#options.onOutage?.();
    if ('result' in reply) pending?.resolve(reply.result);
    else pending?.reject(new StorageError(reply.error));
  }

  #lose(reason: string): void {
    this.#worker = undefined;
    this.#unsent = undefined;
    for (const { reject } of this.#pending.values()) reject(new StorageError(reason));
    this.#pending.clear();
    if (this.#closed === undefined) this.#options.onOutage?.();
  }
}
