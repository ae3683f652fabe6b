// What changes the store, a few statements each, all synchronous: this runs in the writing thread.

import { hash } from 'node:crypto';

import type { Metadata } from '@colloquy/client/contract';

import { readPosition } from '../../completion-id.ts';
import { detach } from '../attachments.ts';
import { EVERYTHING, listFilters, metadataFilters, type Filter } from '../filters.ts';
import type { JournalUpdate, NotedCompletion, Noter } from '../journal.ts';
import { readMetadataVersion, spellMetadata } from '../spell-metadata.ts';
import type { CompletionRecord, IdempotencyKey, StoredCompletion } from '../storage.ts';
import { keepAttachments, releaseAttachments } from './attachments.ts';
import { Ballast } from './ballast.ts';
import { LIMIT, type Connection } from './connection.ts';
import { filterKey } from './filter-rows.ts';
import { Journal } from './journal.ts';
import { SQLITE_CONSTRAINT, SQLITE_FULL, SQLITE_IOERR, readResultCode } from './result-code.ts';
import { findCompletion, findLabels, type Labels } from './rows.ts';
import { SearchIndex } from './search-index.ts';
import { encodeTexts } from './text-codec.ts';

/** How many completions are indexed before it is asked whether a write waits: a millisecond's worth. */
const INDEX_STEP = 8;

/** How many are indexed in one transaction: to commit it takes as long as to index a dozen. */
const INDEX_BATCH = 64;

/** So many completions may wait to be indexed: what a rush of some seconds brings waits until it is over. */
const MAX_UNINDEXED = 32_768;

/** What SQLite says of a full disk. The index of a log that cannot grow is an error of input and output. */
const FULL: ReadonlySet<number | undefined> = new Set([SQLITE_FULL, SQLITE_IOERR]);

/** How many keys that have expired are removed with each that is added: more than one, so that they never pile up. */
const REMOVED_KEYS = 4;

/** Where a completion stands among those with one filter. */
type Place = Pick<StoredCompletion, 'project' | 'status' | 'id'>;

export class SqliteWriter {
  readonly #connection: Connection;
  readonly #index: SearchIndex;
  readonly #journal: Journal;
  readonly #ballast: Ballast;

  /** Takes a connection that `openToWrite` opened, and closes it. */
  constructor(connection: Connection) {
    this.#connection = connection;
    this.#index = new SearchIndex(connection);
    this.#journal = new Journal(connection);
    this.#ballast = new Ballast(connection.db.location() ?? '');
  }

  /** Whether the disk is so full that what is written now is written into the space that was set aside. */
  get isShortOfSpace(): boolean {
    return this.#ballast.isReleased;
  }

  insert(record: CompletionRecord, key?: IdempotencyKey): boolean {
    if (key !== undefined && !this.#takeKey(record.project, key, record.id)) return false;
    const seq = this.#insertOrReplace(record);
    for (const filter of [EVERYTHING, ...listFilters(record)]) this.#insertFilter(record, filter, seq);
    this.#index.queue(seq);
    this.#journal.remove(record);
    return true;
  }

  recover(record: CompletionRecord): boolean {
    const isNoted = this.#journal.has(record);
    const isKept = findLabels(this.#connection, record.project, record.id) !== undefined;
    if (isNoted && !isKept) return this.insert(record);
    this.#journal.remove(record);
    return false;
  }

  setIdempotencyKey(project: string, key: IdempotencyKey, id: string): void {
    // What is deleted meanwhile would leave its key behind.
    if (findCompletion(this.#connection, project, id) !== undefined) this.#takeKey(project, key, id);
  }

  updateMetadata(
    project: string,
    id: string,
    metadata: Metadata,
    versions?: readonly string[],
  ): StoredCompletion | 'changed' | undefined {
    const found = findCompletion(this.#connection, project, id);
    if (found === undefined) return undefined;
    const { seq, completion } = found;
    if (versions !== undefined && !versions.includes(readMetadataVersion(completion.metadata))) {
      return 'changed';
    }
    for (const filter of metadataFilters(completion.metadata)) this.#deleteFilter(completion, filter, seq);
    for (const filter of metadataFilters(metadata)) this.#insertFilter(completion, filter, seq);
    this.#connection
      .prepare('UPDATE completions SET metadata = ? WHERE seq = ?')
      .run(spellMetadata(metadata), seq);
    return { ...completion, metadata };
  }

  delete(project: string, id: string, versions?: readonly string[]): boolean {
    const labels = findLabels(this.#connection, project, id);
    if (labels === undefined) return false;
    if (versions !== undefined && !versions.includes(readMetadataVersion(labels.metadata))) return false;
    this.#deleteRow(labels);
    this.#connection.prepare('DELETE FROM idempotency_keys WHERE project = ? AND id = ?').run(project, id);
    this.#journal.remove(labels);
    return true;
  }

  /** See `JournalStorage`. The space that was set aside is not for this. */
  note(update: JournalUpdate): void {
    if (this.isShortOfSpace) throw new Error('the disk is full');
    this.#commitUnsynced(() => this.#journal.note(update));
  }

  listNoters(): Noter[] {
    return this.#journal.listNoters();
  }

  getNoted(noter: string, after: string): NotedCompletion | undefined {
    return this.#journal.getNoted(noter, after);
  }

  removeNoter(noter: Noter): void {
    this.#commitUnsynced(() => this.#journal.removeNoter(noter));
  }

  /**
   * Takes one of what is deleted out of the index of words: in a large one, that takes ten milliseconds and more, for which
   * writes wait. Returns whether that was all.
   */
  forgetOne(): boolean {
    // Without work, no lock: another process may hold it for long.
    if (!this.#index.hasForgotten()) return true;
    this.commitTogether(() => this.#index.forgetOne());
    return !this.#index.hasForgotten();
  }

  /**
   * Indexes some of what waits for it, once what is deleted is forgotten; fewer as soon as `mayGoOn` says so. Returns
   * whether that was all.
   */
  indexSome(mayGoOn?: () => boolean): boolean {
    if (!this.forgetOne()) return false;
    // What little space there is, deletions may need. The probe that finds more is followed by another call of this.
    if (this.isShortOfSpace || !this.#index.hasWaiting()) return true;
    return this.#indexUpTo(INDEX_BATCH, mayGoOn);
  }

  /** To be called after so many writes: if too many completions wait to be indexed, they do not become more. */
  indexFor(writes: number): void {
    if (writes === 0 || this.#index.waiting <= MAX_UNINDEXED || this.isShortOfSpace) return;
    this.#indexUpTo(writes);
  }

  #indexUpTo(limit: number, mayGoOn: () => boolean = () => true): boolean {
    return this.#commitUnsynced(() => this.#indexInSteps(limit, mayGoOn));
  }

  #indexInSteps(limit: number, mayGoOn: () => boolean): boolean {
    for (let left = limit; left > 0; left -= INDEX_STEP) {
      const step = Math.min(INDEX_STEP, left);
      if (this.#index.indexSome(step) < step) return true;
      if (!mayGoOn()) break;
    }
    return false;
  }

  /** Sets space aside for a full disk, once. Throws if there is none. */
  setAside(): void {
    this.#ballast.setAside();
  }

  /** Writes a page without changing anything. Throws while nothing can be written, or no space can be set aside again. */
  probe(): void {
    if (this.#ballast.isReleased) this.#ballast.setAside();
    const version = this.#connection.prepare('PRAGMA user_version').get()?.['user_version'];
    this.#connection.db.exec(`PRAGMA user_version = ${Number(version)}`);
  }

  /**
   * Runs the writes in one transaction, with one sync for all. If this throws, none of them has happened. On a full disk,
   * they run a second time, in the space that was set aside.
   */
  commitTogether<T>(write: () => T): T {
    try {
      return this.#commit(write);
    } catch (error) {
      const isFull = FULL.has(readResultCode(error));
      if (isFull && this.#ballast.release()) return this.#commit(write);
      throw error;
    }
  }

  close(): void {
    this.#connection.db.close();
  }

  /** For what nobody was told of. The next write that is synced takes it along. */
  #commitUnsynced<T>(write: () => T): T {
    this.#connection.db.exec('PRAGMA synchronous = NORMAL');
    try {
      return this.#commit(write);
    } finally {
      this.#connection.db.exec('PRAGMA synchronous = FULL');
    }
  }

  #commit<T>(write: () => T): T {
    this.#connection.db.exec('BEGIN IMMEDIATE');
    try {
      const result = write();
      this.#connection.db.exec('COMMIT');
      return result;
    } catch (error) {
      // A full disk ends the transaction by itself.
      if (this.#connection.db.isTransaction) this.#connection.db.exec('ROLLBACK');
      throw error;
    }
  }

  /** Returns false if another completion holds the key. */
  #takeKey(project: string, { value, expiresAtMs }: IdempotencyKey, id: string): boolean {
    const nowMs = Date.now();
    const { changes } = this.#connection
      .prepare(
        `INSERT INTO idempotency_keys (project, key, id, expires_at_ms) VALUES (?, ?, ?, ?)
         ON CONFLICT DO UPDATE SET id = excluded.id, expires_at_ms = excluded.expires_at_ms WHERE expires_at_ms <= ?`,
      )
      .run(project, value, id, expiresAtMs, nowMs);
    this.#connection
      .prepare(
        `DELETE FROM idempotency_keys WHERE (project, key) IN
           (SELECT project, key FROM idempotency_keys WHERE expires_at_ms <= ? ORDER BY expires_at_ms ${LIMIT})`,
      )
      .run(nowMs, REMOVED_KEYS);
    return changes === 1;
  }

  /** Returns its number. What was recovered while it was still under way makes room. */
  #insertOrReplace(record: CompletionRecord): number | bigint {
    try {
      return this.#insertRow(record);
    } catch (error) {
      const found =
        readResultCode(error) === SQLITE_CONSTRAINT
          ? findLabels(this.#connection, record.project, record.id)
          : undefined;
      if (found?.status !== 'interrupted') throw error;
      this.#deleteRow(found);
      return this.#insertRow(record);
    }
  }

  #insertRow(record: CompletionRecord): number | bigint {
    const { project, id, usage } = record;
    const detached = detach(record.request);
    const { request, response } = encodeTexts(detached?.rest ?? record.request, record.response);
    const { lastInsertRowid: seq } = this.#connection
      .prepare(
        `INSERT INTO completions (seq, project, id, status, requested_model, model, upstream, upstream_id, request_id,
         metadata, prompt_tokens, completion_tokens, cached_tokens, reasoning_tokens, first_byte_ms, total_ms,
         request_sha256, response_sha256, parameters, response, request, request_attachments)
       VALUES (
         -- Behind what the index of words knows: neither one that is deleted and not forgotten yet.
         1 + max((SELECT ifnull(max(seq), 0) FROM completions), (SELECT ifnull(max(seq), 0) FROM forgotten)),
         ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`,
      )
      .run(
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
        response,
        request,
        detached?.places ?? null,
      );
    if (detached !== undefined) keepAttachments(this.#connection, project, detached.attachments);
    return seq;
  }

  #deleteRow(labels: Labels): void {
    const { seq, project, places } = labels;
    this.#index.queueForgetting(seq);
    if (places !== null) releaseAttachments(this.#connection, project, places);
    for (const filter of [EVERYTHING, ...listFilters(labels)]) this.#deleteFilter(labels, filter, seq);
    this.#connection.prepare('DELETE FROM completions WHERE seq = ?').run(seq);
  }

  #insertFilter({ project, status, id }: Place, filter: Filter, seq: number | bigint): void {
    // Names that differ in halves of surrogate pairs only are alike.
    this.#connection
      .prepare('INSERT INTO filters (filter, position, seq) VALUES (?, ?, ?) ON CONFLICT DO NOTHING')
      .run(filterKey(project, status, filter), readPosition(id), seq);
  }

  #deleteFilter({ project, status, id }: Place, filter: Filter, seq: number): void {
    this.#connection
      .prepare('DELETE FROM filters WHERE filter = ? AND position = ? AND seq = ?')
      .run(filterKey(project, status, filter), readPosition(id), seq);
  }
}
