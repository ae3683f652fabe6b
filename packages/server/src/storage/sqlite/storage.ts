import type { Metadata } from '@colloquy/client/contract';

import type { JsonBytes } from '../../json/members.ts';
import type { JournalUpdate, NotedCompletion, Noter } from '../journal.ts';
import { runInTurns, shareInSteps } from '../steps.ts';
import {
  StorageError,
  type CompletionRecord,
  type IdempotencyKey,
  type LabelQuery,
  type CompletionLabels,
  type ListPage,
  type ListQuery,
  type Storage,
  type StoredCompletion,
} from '../storage.ts';
import type { RecordTexts } from './call-message.ts';
import { copyAlone } from './copy-alone.ts';
import { Erasing } from './erasing.ts';
import { CLOSED, StorageThread } from './thread.ts';
import type { Method } from './worker.ts';

export interface SqliteStorageOptions {
  /**
   * How long a write waits while another process writes to the file, in milliseconds; then the store is unavailable
   * until a write succeeds. Default: 5000, far more than a group commit takes.
   */
  readonly lockTimeoutMs?: number;
}

/** How often a store that could not write is tried again. */
const PROBE_INTERVAL_MS = 1000;

/** How much is written before the log is copied into the file, in bytes. SQLite's own default is 4 MB. */
const CHECKPOINT_BYTES = 4 * 1_048_576;

/** What a write puts into the log beside its texts, in bytes: a few pages. */
const WRITE_BYTES = 16_384;

/** What is larger is not copied for the thread in one go, which would stop the event loop. */
const MAX_PACKED_BYTES = 1_048_576;

/** How many steps of indexing a search waits for, each of them a few milliseconds: enough for a thousand records. */
const CATCH_UP_STEPS = 16;

/** Opens the file at `path`, or makes it. Throws `StorageError` that says why it cannot serve. */
export async function openSqliteStorage(path: string, options: SqliteStorageOptions = {}): Promise<Storage> {
  const storage = new SqliteStorage(path, options.lockTimeoutMs ?? 5000);
  await storage.start();
  return storage;
}

/**
 * Writes and reads have a thread each, and a third one has what takes long, searches and the upkeep of the file: a write
 * never waits behind a read, and a read by its id never behind a search.
 */
class SqliteStorage implements Storage {
  readonly #writer: StorageThread;
  readonly #reader: StorageThread;
  readonly #keeper: StorageThread;
  readonly #erasing: Erasing;
  #probe: NodeJS.Timeout | undefined;
  /** Since the log was copied, about. */
  #writtenBytes = 0;
  #isCheckpointing = false;
  #closed: Promise<void> | undefined;

  constructor(path: string, lockTimeoutMs: number) {
    const data = { path, lockTimeoutMs };
    this.#writer = new StorageThread({ ...data, role: 'write', onOutage: () => this.#startProbing() });
    this.#reader = new StorageThread({ ...data, role: 'read' });
    this.#keeper = new StorageThread({ ...data, role: 'read' });
    const threads = { writer: this.#writer, keeper: this.#keeper };
    this.#erasing = new Erasing(threads, (bytes) => this.#noteWritten(bytes));
  }

  /** Throws `StorageError` that says why the file cannot serve. */
  async start(): Promise<void> {
    // The writer makes the file, and migrates it. The others start once they are needed.
    await this.#writer.start();
  }

  get available(): boolean {
    return this.#closed === undefined && this.#probe === undefined;
  }

  insert(record: CompletionRecord, key?: IdempotencyKey): Promise<boolean> {
    return this.#insert('insert', record, key);
  }

  recover(record: CompletionRecord): Promise<boolean> {
    return this.#insert('recover', record);
  }

  async #insert(
    method: 'insert' | 'recover',
    record: CompletionRecord,
    key?: IdempotencyKey,
  ): Promise<boolean> {
    this.#assertOpen();
    const { request, response, parameters, ...head } = record;
    const texts = { request, response, parameters };
    const isLarge = Object.values(texts).some(({ byteLength }) => byteLength > MAX_PACKED_BYTES);
    const isKept = await (isLarge
      ? this.#writer.call(method, { ...head, ...(await shareEach(texts)) }, key)
      : this.#writer.callWithTexts(method, texts, head, key));
    this.#noteWritten(WRITE_BYTES + request.byteLength + response.byteLength);
    return isKept as boolean;
  }

  async note(update: JournalUpdate): Promise<void> {
    const notes = update.notes.map((note) => ({ ...note, bytes: copyAlone(note.bytes) }));
    await this.#write('note', { ...update, notes });
    this.#noteWritten(notes.reduce((sum, { bytes }) => sum + bytes.byteLength, 0));
  }

  async listNoters(): Promise<Noter[]> {
    this.#assertOpen();
    // Not by a thread that may not be running: this is asked every few seconds.
    return (await this.#writer.call('listNoters')) as Noter[];
  }

  async getNoted(noter: string, after: string): Promise<NotedCompletion | undefined> {
    this.#assertOpen();
    return (await this.#writer.call('getNoted', noter, after)) as NotedCompletion | undefined;
  }

  async removeNoter(noter: Noter): Promise<void> {
    await this.#write('removeNoter', noter);
  }

  async get(project: string, id: string): Promise<StoredCompletion | undefined> {
    return (await this.#reader.call('get', project, id)) as StoredCompletion | undefined;
  }

  async setIdempotencyKey(project: string, key: IdempotencyKey, id: string): Promise<void> {
    await this.#write('setIdempotencyKey', project, key, id);
  }

  async getByIdempotencyKey(project: string, key: string): Promise<StoredCompletion | undefined> {
    return (await this.#reader.call('getByIdempotencyKey', project, key)) as StoredCompletion | undefined;
  }

  async getRequest(project: string, id: string): Promise<JsonBytes | undefined> {
    return (await this.#reader.call('getRequest', project, id)) as JsonBytes | undefined;
  }

  async list(project: string, query: ListQuery): Promise<ListPage> {
    if (query.q === undefined) return (await this.#reader.call('list', project, query)) as ListPage;
    this.#assertOpen();
    // What cannot be written cannot be indexed: the search then finds what is.
    await this.#catchUp().catch(() => undefined);
    return (await this.#search('list', project, query)) as ListPage;
  }

  async listLabels(project: string, query: LabelQuery): Promise<CompletionLabels[]> {
    return (await this.#search('listLabels', project, query)) as CompletionLabels[];
  }

  async listProjects(): Promise<string[]> {
    return (await this.#search('listProjects')) as string[];
  }

  async updateMetadata(
    project: string,
    id: string,
    metadata: Metadata,
    versions?: readonly string[],
  ): Promise<StoredCompletion | 'changed' | undefined> {
    return (await this.#write('updateMetadata', project, id, metadata, versions)) as
      | StoredCompletion
      | 'changed'
      | undefined;
  }

  async delete(project: string, id: string, versions?: readonly string[]): Promise<boolean> {
    const isDeleted = (await this.#write('delete', project, id, versions)) as boolean;
    if (isDeleted) this.#erasing.begin();
    return isDeleted;
  }

  close(): Promise<void> {
    this.#closed ??= this.#close();
    return this.#closed;
  }

  async #close(): Promise<void> {
    this.#stopProbing();
    await this.#reader.close();
    // Also what was deleted just now.
    await this.#erasing.close();
    // One after the other: the last one copies the log into the file and removes it, and of two at once none is the last.
    await this.#keeper.close();
    await this.#writer.close();
  }

  /** Step by step, so that writes come in between. */
  async #catchUp(): Promise<void> {
    for (let step = 0; step < CATCH_UP_STEPS; step++) {
      const isDone = await this.#writer.call('indexSome');
      if (isDone === true) return;
    }
  }

  /** The thread outlives the store, to empty the log, as that of the writes does. */
  async #search(method: Method, ...args: unknown[]): Promise<unknown> {
    this.#assertOpen();
    return this.#keeper.call(method, ...args);
  }

  async #write(method: Method, ...args: unknown[]): Promise<unknown> {
    this.#assertOpen();
    const result = await this.#writer.call(method, ...args);
    this.#noteWritten(WRITE_BYTES);
    return result;
  }

  #assertOpen(): void {
    if (this.#closed !== undefined) throw new StorageError(CLOSED);
  }

  #noteWritten(bytes: number): void {
    this.#writtenBytes += bytes;
    if (this.#writtenBytes >= CHECKPOINT_BYTES && !this.#isCheckpointing) void this.#checkpoint();
  }

  async #checkpoint(): Promise<void> {
    this.#isCheckpointing = true;
    while (this.#writtenBytes >= CHECKPOINT_BYTES && this.#closed === undefined) {
      this.#writtenBytes = 0;
      // Small stores do without: they would be mostly ballast. Where there is no space for it, there is none for long.
      await this.#writer.call('setAside').catch(() => undefined);
      // If it fails, the log grows until one succeeds, or until SQLite does it with a write.
      await this.#keeper.call('checkpoint').catch(() => undefined);
    }
    this.#isCheckpointing = false;
  }

  /** A write failed: until one succeeds, callers are told beforehand. */
  #startProbing(): void {
    if (this.#closed !== undefined) return;
    this.#probe ??= setTimeout(() => {
      this.#writer.call('probe').then(
        () => this.#stopProbing(),
        // The next one follows only now: a probe may wait for a lock.
        () => this.#probe?.refresh(),
      );
    }, PROBE_INTERVAL_MS).unref();
  }

  #stopProbing(): void {
    clearTimeout(this.#probe);
    this.#probe = undefined;
  }
}

async function shareEach(texts: RecordTexts): Promise<RecordTexts> {
  const [request, response, parameters] = await Promise.all(
    [texts.request, texts.response, texts.parameters].map((each) => runInTurns(shareInSteps(each))),
  );
  return { request: request!, response: response!, parameters: parameters! };
}
