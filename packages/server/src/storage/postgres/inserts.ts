// Group commit: records that arrive while a group is being committed wait, and the next group takes them all. There is no
// artificial delay, so that a single caller is as fast as the database.

import { setTimeout as sleep } from 'node:timers/promises';

import type { Pool, PoolClient } from 'pg';

import type { CompletionPlace } from '../journal.ts';
import { runAtOnce, runInTurns } from '../steps.ts';
import type { CompletionRecord, IdempotencyKey } from '../storage.ts';
import { joinAttachments, keepAttachments } from './attachments.ts';
import { deleteInterrupted } from './changes.ts';
import { isTaken, readFailure } from './failures.ts';
import {
  FIND_KEPT,
  INSERT,
  INSERT_UNLESS_HELD,
  RECOVER,
  toCompletionValues,
  toInsertValues,
  toRecoverValues,
  toRows,
  writeInsertValues,
  type Rows,
} from './insert-statements.ts';
import type { Outage } from './outage.ts';
import { useConnection, useTransaction } from './transaction.ts';
import { StatementWriter } from './write-query.ts';

const MAX_GROUP_RECORDS = 500;
const MAX_GROUP_BYTES = 8 * 1_048_576;

/** What takes longer to prepare than a turn of the event loop should. */
const MAX_TURN_BYTES = 1_048_576;

const RETRY_MS = 100;

/** How many keys that have expired are removed with each that is added: more than one, so that they never pile up. */
const REMOVED_KEYS = 4;

/** Takes what time it is, and how many at most. Others may do the same. */
const REMOVE_EXPIRED_KEYS = {
  name: 'remove_expired_keys',
  text: `DELETE FROM idempotency_keys WHERE (project, key) IN (
      SELECT project, key FROM idempotency_keys WHERE expires_at_ms <= $1
      ORDER BY expires_at_ms LIMIT $2 FOR UPDATE SKIP LOCKED
    )`,
};

interface Insert {
  readonly place: CompletionPlace;
  readonly rows: Rows;
  readonly resolve: (isKept: boolean) => void;
  readonly reject: (error: unknown) => void;
  /** Whether it may have been committed: the connection was lost before the answer came. */
  isUncertain: boolean;
}

export interface InsertsOptions {
  readonly outage: Outage;
  /** How long records wait from the beginning of an outage: a restart need not cost an answer. */
  readonly patienceMs: number;
  /** Records were committed. */
  readonly onKept: () => void;
}

export class Inserts {
  readonly #pool: Pool;
  readonly #writer = new StatementWriter();
  readonly #outage: Outage;
  readonly #patienceMs: number;
  readonly #onKept: () => void;
  #waiting: Insert[] = [];
  /** Those that are prepared step by step, until they are committed. */
  #preparing = 0;
  #isCommitting = false;

  constructor(pool: Pool, { outage, patienceMs, onKept }: InsertsOptions) {
    this.#pool = pool;
    this.#outage = outage;
    this.#patienceMs = patienceMs;
    this.#onKept = onKept;
  }

  /** Whether records are being committed, or prepared for it. */
  get isBusy(): boolean {
    return this.#isCommitting || this.#preparing > 0;
  }

  /**
   * Resolves once the record is committed; with false, and nothing is, if another completion holds the key. No two of one
   * id may be under way.
   */
  add(record: CompletionRecord, key?: IdempotencyKey): Promise<boolean> {
    const prepared = prepare(record, key);
    return prepared instanceof Promise ? this.#addLater(record, prepared) : this.#add(record, prepared);
  }

  async #addLater(place: CompletionPlace, prepared: Promise<Rows>): Promise<boolean> {
    this.#preparing += 1;
    try {
      const rows = await prepared;
      return await this.#add(place, rows);
    } finally {
      this.#preparing -= 1;
    }
  }

  #add({ project, id }: CompletionPlace, rows: Rows): Promise<boolean> {
    return new Promise<boolean>((resolve, reject) => {
      this.#waiting.push({ place: { project, id }, rows, resolve, reject, isUncertain: false });
      if (this.#isCommitting) return;
      this.#isCommitting = true;
      // What is asked in one go is one group.
      queueMicrotask(() => void this.#commitAll());
    });
  }

  async #commitAll(): Promise<void> {
    while (this.#waiting.length > 0) {
      const group = this.#takeGroup();
      await this.#commit(group);
      await this.#removeExpiredKeys(group);
    }
    this.#isCommitting = false;
  }

  #takeGroup(): Insert[] {
    let bytes = 0;
    const end = this.#waiting.findIndex(({ rows }, index) => {
      bytes += rows.bytes;
      return index > 0 && (index === MAX_GROUP_RECORDS || bytes > MAX_GROUP_BYTES);
    });
    return this.#waiting.splice(0, end === -1 ? this.#waiting.length : end);
  }

  /** If the group fails, each record is tried alone, so that a bad one does not take the others with it. Never throws. */
  async #commit(group: readonly Insert[]): Promise<void> {
    try {
      await this.#patiently(group, (missing) => this.#insert(missing));
      for (const { resolve } of group) resolve(true);
    } catch (error) {
      if (readFailure(error) === 'statement') for (const insert of group) await this.#commitAlone(insert);
      else for (const { reject } of group) reject(error);
    }
  }

  async #commitAlone(insert: Insert): Promise<void> {
    let isKept = true;
    try {
      await this.#patiently([insert], async () => {
        isKept = await this.#insertOrReplace(insert);
      });
      insert.resolve(isKept);
    } catch (error) {
      insert.reject(error);
    }
  }

  /** What was recovered while it was still under way makes room. */
  async #insertOrReplace(insert: Insert): Promise<boolean> {
    const { rows } = insert;
    try {
      return await useFor([rows], this.#pool, (client) => insertAlone(client, rows));
    } catch (error) {
      if (!isTaken(error)) throw error;
      return this.#replace(insert, error);
    }
  }

  /** Throws `taken` if there is nothing to replace. */
  async #replace({ place: { project, id }, rows }: Insert, taken: unknown): Promise<boolean> {
    let hasRoom = false;
    const isKept = await useConnection(this.#pool, async (client) => {
      await client.query('BEGIN');
      hasRoom = await deleteInterrupted(client, project, id);
      const isInserted = hasRoom && (await insertAlone(client, rows));
      await client.query(isInserted ? 'COMMIT' : 'ROLLBACK');
      return isInserted;
    });
    if (!hasRoom) throw taken;
    return isKept;
  }

  #insert(rows: readonly Rows[]): Promise<void> {
    return useFor(rows, this.#pool, async (client) => {
      await this.#writer.run(client, INSERT, (writer) => writeInsertValues(writer, rows));
      await keepAttachments(client, joinAttachments(rows));
    });
  }

  /** Runs `commit` with those that are not committed yet, again and again while the database is away. */
  async #patiently(
    group: readonly Insert[],
    commit: (missing: readonly Rows[]) => Promise<void>,
  ): Promise<void> {
    for (;;) {
      try {
        const missing = await this.#findMissing(group);
        if (missing.length > 0) await commit(missing);
        this.#outage.end();
        this.#onKept();
        return;
      } catch (error) {
        if (readFailure(error) === 'statement') throw error;
        this.#outage.begin();
        for (const insert of group) insert.isUncertain = true;
        if (this.#outage.ageMs > this.#patienceMs) throw error;
      }
      await sleep(RETRY_MS);
    }
  }

  async #findMissing(group: readonly Insert[]): Promise<Rows[]> {
    const all = group.map(({ rows }) => rows);
    const uncertain = group.filter(({ isUncertain }) => isUncertain).map(({ rows }) => rows);
    if (uncertain.length === 0) return all;
    const values = toCompletionValues(uncertain);
    const found = await this.#pool.query<{ number: number }>({ ...FIND_KEPT, values });
    const kept = new Set(found.rows.map(({ number }) => uncertain[number - 1]));
    return all.filter((rows) => !kept.has(rows));
  }

  async #removeExpiredKeys(group: readonly Insert[]): Promise<void> {
    const added = group.filter(({ rows }) => rows.keys.length > 0).length;
    if (added === 0) return;
    try {
      await this.#pool.query({ ...REMOVE_EXPIRED_KEYS, values: [Date.now(), added * REMOVED_KEYS] });
    } catch {
      // The next group removes more. If the database is away, that shows there.
    }
  }
}

/** Inserts a record of which there are notes: see `JournalStorage`. */
export async function recoverRecord(pool: Pool, record: CompletionRecord): Promise<boolean> {
  const rows = await prepare(record);
  return useFor([rows], pool, async (client) => {
    const { rowCount } = await client.query({ ...RECOVER, values: toRecoverValues(rows) });
    const isKept = rowCount !== 0;
    if (isKept) await keepAttachments(client, joinAttachments([rows]));
    return isKept;
  });
}

/** Without anything asynchronous for small records, so that they are cheap. */
function prepare(record: CompletionRecord, key?: IdempotencyKey): Rows | Promise<Rows> {
  const steps = toRows(record, key);
  return record.request.byteLength > MAX_TURN_BYTES ? runInTurns(steps) : runAtOnce(steps);
}

/** In a transaction, if there are attachments: else, one statement inserts everything. */
function useFor<T>(
  rows: readonly Rows[],
  pool: Pool,
  insert: (client: PoolClient) => Promise<T>,
): Promise<T> {
  const hasAttachments = rows.some(({ attachments }) => attachments.length > 0);
  return hasAttachments ? useTransaction(pool, insert) : useConnection(pool, insert);
}

/**
 * To be called in a transaction, if it has attachments. Returns false, and inserts nothing, if another completion holds the
 * key.
 */
async function insertAlone(client: PoolClient, rows: Rows): Promise<boolean> {
  const values = toInsertValues([rows]);
  if (rows.keys.length === 0) {
    await client.query({ name: INSERT.name, text: INSERT.text, values });
  } else {
    const { rowCount } = await client.query({ ...INSERT_UNLESS_HELD, values: [...values, Date.now()] });
    if (rowCount === 0) return false;
  }
  await keepAttachments(client, joinAttachments([rows]));
  return true;
}
