// The store's operations on one SQLite file, each a few statements, all synchronous: this runs in the worker.

import { hash } from 'node:crypto';
import { DatabaseSync, type SQLInputValue, type StatementSync } from 'node:sqlite';

import type { Metadata } from '@colloquy/client/contract';

import type { CompletionRecord, IdempotencyKey, ListPage, ListQuery, StoredCompletion } from '../storage.ts';
import { checkOwner, migrate } from './migrate.ts';
import { SQLITE_BUSY, readResultCode } from './result-code.ts';

/** How often the change to a write-ahead log is tried while another process writes. */
const RETRY_MS = 10;

/** How many keys that have expired are removed with each that is added: more than one, so that they never pile up. */
const REMOVED_KEYS = 4;

const SELECT = `SELECT c.project, c.id, c.status, c.requested_model AS requestedModel, c.model, c.upstream,
  c.upstream_id AS upstreamId, c.request_id AS requestId, c.metadata, c.prompt_tokens AS promptTokens,
  c.completion_tokens AS completionTokens, c.cached_tokens AS cachedTokens, c.reasoning_tokens AS reasoningTokens,
  c.first_byte_ms AS firstByteMs, c.total_ms AS totalMs, c.parameters, c.response`;

/**
 * Opens the file, or makes it. `lockTimeoutMs` is how long a call waits for the lock of another process.
 *
 * Throws if the file cannot be opened, is damaged, or is not ours.
 */
export function openFile(path: string, lockTimeoutMs: number): DatabaseSync {
  const db = new DatabaseSync(path, { timeout: lockTimeoutMs });
  try {
    // The journal's mode is written into the file: what is not ours is refused before.
    checkOwner(db);
    useLog(db, lockTimeoutMs);
    // FULL syncs the log at each commit: what is acknowledged survives the loss of power. On macOS, only a full
    // fsync reaches the disk itself.
    db.exec('PRAGMA synchronous = FULL; PRAGMA fullfsync = ON');
    migrate(db);
    return db;
  } catch (error) {
    db.close();
    throw error;
  }
}

/** Changes the file to a write-ahead log. SQLite does not wait here for others that write: they are waited for here. */
function useLog(db: DatabaseSync, lockTimeoutMs: number): void {
  const deadline = performance.now() + lockTimeoutMs;
  const clock = new Int32Array(new SharedArrayBuffer(4));
  for (;;) {
    try {
      db.exec('PRAGMA journal_mode = WAL');
      return;
    } catch (error) {
      if (readResultCode(error) !== SQLITE_BUSY || performance.now() > deadline) throw error;
      Atomics.wait(clock, 0, 0, RETRY_MS);
    }
  }
}

export class SqliteDatabase {
  readonly #db: DatabaseSync;
  readonly #statements = new Map<string, StatementSync>();

  /** Takes a file that `openFile` opened, and closes it. */
  constructor(db: DatabaseSync) {
    this.#db = db;
  }

  insert(record: CompletionRecord, key?: IdempotencyKey): boolean {
    const { project, id, usage } = record;
    if (key !== undefined && !this.#takeKey(project, key, id)) return false;
    this.#prepare(
      `INSERT INTO completions (project, id, status, requested_model, model, upstream, upstream_id, request_id,
         metadata, prompt_tokens, completion_tokens, cached_tokens, reasoning_tokens, first_byte_ms, total_ms,
         request_sha256, response_sha256, parameters, response, request)
       VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`,
    ).run(
      project,
      id,
      record.status,
      record.requestedModel,
      record.model,
      record.upstream,
      record.upstreamId,
      record.requestId,
      spellMetadata(record.metadata),
      usage.promptTokens,
      usage.completionTokens,
      usage.cachedTokens,
      usage.reasoningTokens,
      record.firstByteMs,
      record.totalMs,
      hash('sha256', record.request, 'buffer'),
      hash('sha256', record.response, 'buffer'),
      record.parameters,
      record.response,
      record.request,
    );
    for (const [name, value] of listFilters(record)) this.#insertFilter(project, name, value, id);
    return true;
  }

  get(project: string, id: string): StoredCompletion | undefined {
    const row = this.#prepare(`${SELECT} FROM completions c WHERE c.project = ? AND c.id = ?`).get(
      project,
      id,
    );
    return row && readRow(row);
  }

  getByIdempotencyKey(project: string, key: string): StoredCompletion | undefined {
    const row = this.#prepare(
      `${SELECT} FROM idempotency_keys k JOIN completions c ON c.project = k.project AND c.id = k.id
       WHERE k.project = ? AND k.key = ? AND k.expires_at_ms > ?`,
    ).get(project, key, Date.now());
    return row && readRow(row);
  }

  getRequest(project: string, id: string): Uint8Array | undefined {
    const row = this.#prepare('SELECT request FROM completions WHERE project = ? AND id = ?').get(
      project,
      id,
    );
    return row?.['request'] as Uint8Array | undefined;
  }

  list(project: string, query: ListQuery): ListPage {
    const { sql, values } = composeList(project, query);
    const completions = this.#prepare(sql)
      .all(...values)
      .map(readRow);
    // One more than asked for was read, to see whether there is more.
    const hasMore = completions.length > query.limit;
    return { completions: hasMore ? completions.slice(0, query.limit) : completions, hasMore };
  }

  updateMetadata(project: string, id: string, metadata: Metadata): StoredCompletion | undefined {
    const completion = this.get(project, id);
    if (completion === undefined) return undefined;
    for (const [key, value] of Object.entries(completion.metadata)) {
      this.#deleteFilter(project, metadataFilter(key), value, id);
    }
    for (const [key, value] of Object.entries(metadata))
      this.#insertFilter(project, metadataFilter(key), value, id);
    this.#prepare('UPDATE completions SET metadata = ? WHERE project = ? AND id = ?').run(
      spellMetadata(metadata),
      project,
      id,
    );
    return { ...completion, metadata };
  }

  delete(project: string, id: string): boolean {
    const completion = this.get(project, id);
    if (completion === undefined) return false;
    for (const [name, value] of listFilters(completion)) this.#deleteFilter(project, name, value, id);
    this.#prepare('DELETE FROM idempotency_keys WHERE project = ? AND id = ?').run(project, id);
    this.#prepare('DELETE FROM completions WHERE project = ? AND id = ?').run(project, id);
    return true;
  }

  /** Writes a page without changing anything. Throws while nothing can be written. */
  probe(): void {
    const version = this.#prepare('PRAGMA user_version').get()?.['user_version'];
    this.#db.exec(`PRAGMA user_version = ${Number(version)}`);
  }

  /** Runs the writes in one transaction, with one sync for all. If this throws, none of them has happened. */
  commitTogether<T>(write: () => T): T {
    this.#db.exec('BEGIN IMMEDIATE');
    try {
      const result = write();
      this.#db.exec('COMMIT');
      return result;
    } catch (error) {
      // A full disk ends the transaction by itself.
      if (this.#db.isTransaction) this.#db.exec('ROLLBACK');
      throw error;
    }
  }

  close(): void {
    this.#db.close();
  }

  /** Returns false if another completion holds the key. */
  #takeKey(project: string, { value, expiresAtMs }: IdempotencyKey, id: string): boolean {
    const nowMs = Date.now();
    const { changes } = this.#prepare(
      `INSERT INTO idempotency_keys (project, key, id, expires_at_ms) VALUES (?, ?, ?, ?)
       ON CONFLICT DO UPDATE SET id = excluded.id, expires_at_ms = excluded.expires_at_ms WHERE expires_at_ms <= ?`,
    ).run(project, value, id, expiresAtMs, nowMs);
    this.#prepare(
      `DELETE FROM idempotency_keys WHERE (project, key) IN
         (SELECT project, key FROM idempotency_keys WHERE expires_at_ms <= ? ORDER BY expires_at_ms LIMIT ?)`,
    ).run(nowMs, REMOVED_KEYS);
    return changes === 1;
  }

  #insertFilter(project: string, name: string, value: string, id: string): void {
    // Names that differ in halves of surrogate pairs only are alike in UTF-8.
    this.#prepare(
      'INSERT INTO filters (project, name, value, id) VALUES (?, ?, ?, ?) ON CONFLICT DO NOTHING',
    ).run(project, name, value, id);
  }

  #deleteFilter(project: string, name: string, value: string, id: string): void {
    this.#prepare('DELETE FROM filters WHERE project = ? AND name = ? AND value = ? AND id = ?').run(
      project,
      name,
      value,
      id,
    );
  }

  #prepare(sql: string): StatementSync {
    let statement = this.#statements.get(sql);
    if (statement === undefined) {
      statement = this.#db.prepare(sql);
      this.#statements.set(sql, statement);
    }
    return statement;
  }
}

type Filter = readonly [name: string, value: string];

const MODEL_FILTER = 'model';

function metadataFilter(key: string): string {
  return `metadata.${key}`;
}

/** The rows of a completion in `filters`. */
function listFilters(completion: StoredCompletion): Filter[] {
  const models = new Set([completion.model, completion.requestedModel]);
  return [
    ...[...models].map((model): Filter => [MODEL_FILTER, model]),
    ...Object.entries(completion.metadata).map(([key, value]): Filter => [metadataFilter(key), value]),
  ];
}

/** A keyset walk, never an offset: over the ids themselves, or over those of the first filter, checking the others. */
export function composeList(project: string, query: ListQuery): { sql: string; values: SQLInputValue[] } {
  const [first, ...others] = readFilters(query);
  const direction = query.order === 'asc' ? 'ASC' : 'DESC';
  const beyond = query.order === 'asc' ? '>' : '<';
  const key = first === undefined ? 'c.id' : 'f.id';
  const conditions: string[] = [];
  const values: SQLInputValue[] = [];
  const add = (condition: string, ...given: SQLInputValue[]): void => {
    conditions.push(condition);
    values.push(...given);
  };

  let from = 'completions c';
  if (first === undefined) {
    add('c.project = ?', project);
  } else {
    // CROSS JOIN keeps the order: the filter leads, each row that it finds is looked up.
    from = 'filters f CROSS JOIN completions c ON c.project = f.project AND c.id = f.id';
    add('f.project = ? AND f.name = ? AND f.value = ?', project, ...first);
  }
  for (const other of others) {
    add(
      'EXISTS (SELECT 1 FROM filters WHERE project = ? AND name = ? AND value = ? AND id = f.id)',
      project,
      ...other,
    );
  }
  if (query.after !== undefined) add(`${key} ${beyond} ?`, query.after);
  add('c.status = ?', query.status);
  const sql = `${SELECT} FROM ${from} WHERE ${conditions.join(' AND ')} ORDER BY ${key} ${direction} LIMIT ?`;
  return { sql, values: [...values, query.limit + 1] };
}

function readFilters(query: ListQuery): Filter[] {
  const metadata = Object.entries(query.metadata ?? {}).map(([key, value]): Filter => [
    metadataFilter(key),
    value,
  ]);
  return query.model === undefined ? metadata : [...metadata, [MODEL_FILTER, query.model]];
}

/** The casts restate the schema: the tables are STRICT, and only this file writes them. */
function readRow(row: Record<string, unknown>): StoredCompletion {
  const { metadata, promptTokens, completionTokens, cachedTokens, reasoningTokens, ...columns } = row;
  return {
    ...columns,
    metadata: readMetadata(metadata as string),
    usage: { promptTokens, completionTokens, cachedTokens, reasoningTokens },
  } as StoredCompletion;
}

/** As a list of pairs: `JSON.parse` may take a name for another. @see https://github.com/nodejs/node/issues/63785 */
function spellMetadata(metadata: Metadata): string {
  return JSON.stringify(Object.entries(metadata));
}

function readMetadata(json: string): Metadata {
  return Object.fromEntries(JSON.parse(json) as Array<[string, string]>);
}
