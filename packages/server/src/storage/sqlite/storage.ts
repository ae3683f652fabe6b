import { extname } from 'node:path';
import { Worker } from 'node:worker_threads';

import type { Metadata } from '@colloquy/client/contract';

import { readErrorMessage } from '../../error-message.ts';
import type { JsonBytes } from '../../json/members.ts';
import {
  StorageError,
  type CompletionRecord,
  type IdempotencyKey,
  type ListPage,
  type ListQuery,
  type Storage,
  type StoredCompletion,
} from '../storage.ts';
import type { Call, Method, Reply, WorkerData } from './worker.ts';

export interface SqliteStorageOptions {
  /**
   * How long a write waits while another process writes to the file, in milliseconds; then the store is unavailable
   * until a write succeeds. Default: 5000, far more than a group commit takes.
   */
  readonly lockTimeoutMs?: number;
}

/** How often a store that could not write is tried again. */
const PROBE_INTERVAL_MS = 1000;

const CLOSED = 'the store is closed';

interface Pending {
  readonly resolve: (result: unknown) => void;
  readonly reject: (error: StorageError) => void;
}

/** Opens the file at `path`, or makes it. Throws `StorageError` that says why it cannot serve. */
export async function openSqliteStorage(path: string, options: SqliteStorageOptions = {}): Promise<Storage> {
  const workerData: WorkerData = { path, lockTimeoutMs: options.lockTimeoutMs ?? 5000 };
  // Source and build differ in the extension only.
  const worker = new Worker(new URL(`./worker${extname(import.meta.url)}`, import.meta.url), { workerData });
  await new Promise((resolve, reject) => {
    worker.once('message', resolve);
    worker.once('error', (error: unknown) =>
      reject(new StorageError(`${path}: ${readErrorMessage(error)}`, { cause: error })),
    );
  });
  return new SqliteStorage(worker);
}

class SqliteStorage implements Storage {
  readonly #worker: Worker;
  readonly #pending = new Map<number, Pending>();
  #calls = 0;
  /** Why the worker takes no more calls. */
  #ended: string | undefined;
  #probe: NodeJS.Timeout | undefined;
  #closed: Promise<void> | undefined;

  constructor(worker: Worker) {
    this.#worker = worker;
    worker.removeAllListeners('error');
    worker.on('message', (reply: Reply) => this.#settle(reply));
    worker.on('error', (error: unknown) =>
      this.#end(`the storage thread failed: ${readErrorMessage(error)}`),
    );
    worker.on('exit', () => this.#end('the storage thread ended'));
  }

  get available(): boolean {
    return this.#ended === undefined && this.#probe === undefined;
  }

  async insert(record: CompletionRecord, key?: IdempotencyKey): Promise<boolean> {
    const [request, response, parameters] = [record.request, record.response, record.parameters].map(
      copyAlone,
    );
    return (await this.#call('insert', { ...record, request, response, parameters }, key)) as boolean;
  }

  async get(project: string, id: string): Promise<StoredCompletion | undefined> {
    return (await this.#call('get', project, id)) as StoredCompletion | undefined;
  }

  async getByIdempotencyKey(project: string, key: string): Promise<StoredCompletion | undefined> {
    return (await this.#call('getByIdempotencyKey', project, key)) as StoredCompletion | undefined;
  }

  async getRequest(project: string, id: string): Promise<JsonBytes | undefined> {
    return (await this.#call('getRequest', project, id)) as JsonBytes | undefined;
  }

  async list(project: string, query: ListQuery): Promise<ListPage> {
    return (await this.#call('list', project, query)) as ListPage;
  }

  async updateMetadata(
    project: string,
    id: string,
    metadata: Metadata,
  ): Promise<StoredCompletion | undefined> {
    return (await this.#call('updateMetadata', project, id, metadata)) as StoredCompletion | undefined;
  }

  async delete(project: string, id: string): Promise<boolean> {
    return (await this.#call('delete', project, id)) as boolean;
  }

  close(): Promise<void> {
    this.#closed ??= this.#close();
    return this.#closed;
  }

  async #close(): Promise<void> {
    if (this.#ended !== undefined) return;
    const finished = this.#call('close');
    // What is asked from now on is refused; what was asked is still answered.
    this.#ended = CLOSED;
    this.#stopProbing();
    await finished;
    await this.#worker.terminate();
  }

  #call(method: Method, ...args: unknown[]): Promise<unknown> {
    if (this.#ended !== undefined) return Promise.reject(new StorageError(this.#ended));
    const call: Call = { number: ++this.#calls, method, args };
    return new Promise((resolve, reject) => {
      this.#pending.set(call.number, { resolve, reject });
      this.#worker.postMessage(call);
    });
  }

  #settle(reply: Reply): void {
    const pending = this.#pending.get(reply.number);
    this.#pending.delete(reply.number);
    if ('result' in reply) {
      pending?.resolve(reply.result);
      return;
    }
    if (reply.isOutage) this.#startProbing();
    pending?.reject(new StorageError(reply.error));
  }

  /** A write failed: until one succeeds, callers are told beforehand. */
  #startProbing(): void {
    if (this.#ended !== undefined) return;
    this.#probe ??= setTimeout(() => {
      this.#call('probe').then(
        () => this.#stopProbing(),
        // The next one follows only now: a probe may wait for a lock, and reads wait behind it.
        () => this.#probe?.refresh(),
      );
    }, PROBE_INTERVAL_MS).unref();
  }

  #stopProbing(): void {
    clearTimeout(this.#probe);
    this.#probe = undefined;
  }

  #end(reason: string): void {
    this.#ended ??= reason;
    this.#stopProbing();
    for (const pending of this.#pending.values()) pending.reject(new StorageError(this.#ended));
    this.#pending.clear();
  }
}

/** A small Buffer is a part of Node's pool of 64 KB, all of which would be copied to the worker with it. */
function copyAlone(bytes: JsonBytes): JsonBytes {
  return bytes.byteLength === bytes.buffer.byteLength ? bytes : new Uint8Array(bytes);
}
