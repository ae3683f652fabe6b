import type { Metadata } from '@colloquy/client/contract';
import type { Pool } from 'pg';

import type { JsonBytes } from '../../json/members.ts';
import type { JournalUpdate, NotedCompletion, Noter } from '../journal.ts';
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
import { readRequest } from './attachments.ts';
import { deleteCompletion, findCompletion, updateMetadata } from './changes.ts';
import { readFailure, toStorageError } from './failures.ts';
import { Inserts, recoverRecord } from './inserts.ts';
import { getNoted, listNoters, note, removeNoter } from './journal.ts';
import { listCompletions, listLabels, listProjects, searchCompletions } from './lists.ts';
import { migrate } from './migrate.ts';
import { Outage } from './outage.ts';
import { createPool } from './pool.ts';
import { COMPLETION_COLUMNS, queryCompletions, readCompletion } from './rows.ts';
import { SearchIndex } from './search-index.ts';
import { spellKey, spellText } from './text.ts';
import { nameDatabase, useClient } from './use-client.ts';
import { WriteOrder } from './write-order.ts';

export interface PostgresStorageOptions {
  /** Connections that are open at once, at most: one for inserts, and the others for the rest. At least 2. Default: 10. */
  readonly maxConnections?: number;
  /**
   * How long a call waits for a connection, in milliseconds: for a new one, or until one is free. Default: 5000, more
   * than any but an overloaded database needs.
   */
  readonly connectTimeoutMs?: number;
  /**
   * How long records wait for a database that went away, in milliseconds from the first failure; then they are refused.
   * Default: 5000, longer than a restart takes.
   */
  readonly patienceMs?: number;
}

export const DEFAULTS: Required<PostgresStorageOptions> = {
  maxConnections: 10,
  connectTimeoutMs: 5000,
  patienceMs: 5000,
};

/** Takes project, key, and what time it is, in ms since 1970. */
const GET_BY_IDEMPOTENCY_KEY = {
  name: 'get_by_idempotency_key',
  text: `SELECT ${COMPLETION_COLUMNS}
    FROM idempotency_keys k JOIN completions c ON c.project = k.project AND c.id = k.id
    WHERE k.project = $1 AND k.key = $2 AND k.expires_at_ms > $3`,
};

/** Takes project, key, id, when it expires, and what time it is, in ms since 1970. */
export const SET_IDEMPOTENCY_KEY = {
  name: 'set_idempotency_key',
  text: `INSERT INTO idempotency_keys AS k (project, key, id, expires_at_ms)
    SELECT project, $2, id, $4 FROM completions WHERE project = $1 AND id = $3
    ON CONFLICT (project, key) DO UPDATE SET id = excluded.id, expires_at_ms = excluded.expires_at_ms
      WHERE k.expires_at_ms <= $5
        OR NOT EXISTS (SELECT FROM completions c WHERE c.project = k.project AND c.id = k.id)`,
};

/** Writes without changing anything. */
const PROBE = 'UPDATE colloquy_schema SET version = version';

const CLOSED = 'the store is closed';

/**
 * Opens the database, and makes the tables if there are none. `url` is as libpq takes it; what it does not say is taken
 * from the variables that libpq knows, such as PGPASSWORD.
 *
 * Throws `StorageError` that says why it cannot serve, without secrets.
 */
export async function openPostgresStorage(
  url: string,
  options: PostgresStorageOptions = {},
): Promise<Storage> {
  const resolved = { ...DEFAULTS, ...options };
  await useClient(url, resolved.connectTimeoutMs, migrate);
  const storage = new PostgresStorage(url, resolved);
  await nameDatabase(url, () => storage.connect());
  return storage;
}

class PostgresStorage implements Storage {
  /** Of one connection, so that inserts never wait behind anything else, and the loss of the database is seen at once. */
  readonly #insertPool: Pool;
  readonly #pool: Pool;
  readonly #outage: Outage;
  readonly #inserts: Inserts;
  readonly #searchIndex: SearchIndex;
  readonly #order = new WriteOrder();
  readonly #pending = new Set<Promise<unknown>>();
  #closed: Promise<void> | undefined;

  constructor(url: string, options: Required<PostgresStorageOptions>) {
    const { maxConnections, connectTimeoutMs, patienceMs } = options;
    const onLost = (): void => void this.#outage.check();
    this.#insertPool = createPool(url, { min: 1, max: 1, connectTimeoutMs }, onLost);
    this.#pool = createPool(url, { max: maxConnections - 1, connectTimeoutMs }, onLost);
    this.#outage = new Outage(() => this.#insertPool.query(PROBE));
    this.#searchIndex = new SearchIndex(this.#pool, () => this.#inserts.isBusy);
    const onKept = (): void => this.#searchIndex.wake();
    this.#inserts = new Inserts(this.#insertPool, { outage: this.#outage, patienceMs, onKept });
  }

  async connect(): Promise<void> {
    await this.#insertPool.query('SELECT');
    // What a server that ended had not indexed yet.
    this.#searchIndex.wake();
  }

  get available(): boolean {
    return this.#closed === undefined && !this.#outage.isOn;
  }

  insert(record: CompletionRecord, key?: IdempotencyKey): Promise<boolean> {
    return this.#write(record.id, () => this.#inserts.add(record, key));
  }

  recover(record: CompletionRecord): Promise<boolean> {
    return this.#write(record.id, async () => {
      const isKept = await recoverRecord(this.#pool, record);
      this.#searchIndex.wake();
      return isKept;
    });
  }

  note(update: JournalUpdate): Promise<void> {
    // By the one connection of the inserts, so that none of them overtakes it.
    return this.#run(() => note(this.#insertPool, update));
  }

  listNoters(): Promise<Noter[]> {
    return this.#read(() => listNoters(this.#pool));
  }

  getNoted(noter: string, after: string): Promise<NotedCompletion | undefined> {
    return this.#read(() => getNoted(this.#pool, noter, after));
  }

  removeNoter(noter: Noter): Promise<void> {
    return this.#run(() => removeNoter(this.#pool, noter));
  }

  get(project: string, id: string): Promise<StoredCompletion | undefined> {
    return this.#read(async () => (await findCompletion(this.#pool, project, id))?.completion);
  }

  setIdempotencyKey(project: string, key: IdempotencyKey, id: string): Promise<void> {
    return this.#write(id, async () => {
      const values = [spellText(project), spellKey(key.value), spellText(id), key.expiresAtMs, Date.now()];
      await this.#pool.query({ ...SET_IDEMPOTENCY_KEY, values });
    });
  }

  getByIdempotencyKey(project: string, key: string): Promise<StoredCompletion | undefined> {
    return this.#read(async () => {
      const values = [spellText(project), spellKey(key), Date.now()];
      const [row] = await queryCompletions(this.#pool, { ...GET_BY_IDEMPOTENCY_KEY, values });
      return row && readCompletion(row);
    });
  }

  getRequest(project: string, id: string): Promise<JsonBytes | undefined> {
    return this.#read(() => readRequest(this.#pool, project, id));
  }

  list(project: string, query: ListQuery): Promise<ListPage> {
    const { q } = query;
    return this.#read(async () => {
      if (q === undefined) return listCompletions(this.#pool, project, query);
      await this.#catchUp(project);
      return searchCompletions(this.#pool, project, query, q);
    });
  }

  listLabels(project: string, query: LabelQuery): Promise<CompletionLabels[]> {
    return this.#read(() => listLabels(this.#pool, project, query));
  }

  listProjects(): Promise<string[]> {
    return this.#read(() => listProjects(this.#pool));
  }

  async #catchUp(project: string): Promise<void> {
    try {
      await this.#searchIndex.catchUp(project);
    } catch (error) {
      // What takes no writes can be searched as far as it was indexed.
      if (readFailure(error) !== 'database') throw error;
    }
  }

  updateMetadata(
    project: string,
    id: string,
    metadata: Metadata,
    versions?: readonly string[],
  ): Promise<StoredCompletion | 'changed' | undefined> {
    return this.#write(id, () => updateMetadata(this.#pool, project, id, metadata, versions));
  }

  delete(project: string, id: string, versions?: readonly string[]): Promise<boolean> {
    return this.#write(id, () => deleteCompletion(this.#pool, project, id, versions));
  }

  close(): Promise<void> {
    this.#closed ??= this.#close();
    return this.#closed;
  }

  async #close(): Promise<void> {
    await Promise.allSettled(this.#pending);
    await this.#searchIndex.stop();
    this.#outage.stop();
    await Promise.all([this.#insertPool.end(), this.#pool.end()]);
  }

  #write<T>(id: string, write: () => Promise<T>): Promise<T> {
    return this.#run(
      () => this.#order.run(id, write),
      (error) => {
        if (['connection', 'database'].includes(readFailure(error))) this.#outage.begin();
      },
    );
  }

  /** A connection that lay idle when the database was restarted shows it when it is used: that may be tried again. */
  #read<T>(read: () => Promise<T>): Promise<T> {
    return this.#run(async () => {
      try {
        return await read();
      } catch (error) {
        if (readFailure(error) !== 'connection') throw error;
        void this.#outage.check();
        return await read();
      }
    });
  }

  async #run<T>(operation: () => Promise<T>, onFailure?: (error: unknown) => void): Promise<T> {
    if (this.#closed !== undefined) throw new StorageError(CLOSED);
    const pending = operation();
    this.#pending.add(pending);
    try {
      return await pending;
    } catch (error) {
      onFailure?.(error);
      throw toStorageError(error);
    } finally {
      this.#pending.delete(pending);
    }
  }
}
