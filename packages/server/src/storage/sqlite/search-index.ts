// Keeps the index of full text search. Indexing a record costs more than keeping it, so that it waits until the writer has
// nothing else to do; a search lets it catch up first.

import { readSearchText, spellScope } from '../search-text.ts';
import type { CompletionStatus } from '../storage.ts';
import type { Connection } from './connection.ts';
import { decodeIntactText } from './text-codec.ts';

/** How many consecutive numbers a span has. */
export const SPAN_SIZE = 512;

export class SearchIndex {
  readonly #connection: Connection;

  constructor(connection: Connection) {
    this.#connection = connection;
  }

  /** The completion is to be indexed. */
  queue(seq: number | bigint): void {
    this.#connection.prepare('INSERT INTO unindexed (seq) VALUES (?)').run(seq);
  }

  hasWaiting(): boolean {
    return this.#connection.prepare('SELECT 1 FROM unindexed LIMIT 1').get() !== undefined;
  }

  /** To be called before the completion is deleted. Of one that is damaged, the words stay, and lead nowhere. */
  forget(seq: number): void {
    const { changes } = this.#connection.prepare('DELETE FROM unindexed WHERE seq = ?').run(seq);
    if (changes !== 0) return;
    const row = this.#connection.prepare(`SELECT ${INDEXED_COLUMNS} FROM completions WHERE seq = ?`).get(seq);
    const words = readWords(row as unknown as IndexedRow);
    if (words === undefined) return;
    this.#connection
      .prepare("INSERT INTO texts (texts, rowid, text, scope) VALUES ('delete', ?, ?, ?)")
      .run(seq, words.text, words.scope);
  }

  /** Indexes up to `limit` of the completions that wait. Returns how many that were. */
  indexSome(limit: number): number {
    const rows = this.#connection
      .prepare(
        `SELECT ${INDEXED_COLUMNS} FROM completions
         WHERE seq IN (SELECT seq FROM unindexed ORDER BY seq LIMIT ?)`,
      )
      .all(limit) as unknown as IndexedRow[];
    for (const row of rows) this.#index(row);
    return rows.length;
  }

  #index(row: IndexedRow): void {
    const words = readWords(row);
    if (words !== undefined) {
      this.#connection
        .prepare('INSERT INTO texts (rowid, text, scope) VALUES (?, ?, ?)')
        .run(row.seq, words.text, words.scope);
    }
    this.#connection
      .prepare(
        `INSERT INTO spans (span, first_id, last_id) VALUES (?, ?, ?)
         ON CONFLICT DO UPDATE SET first_id = min(first_id, excluded.first_id), last_id = max(last_id, excluded.last_id)`,
      )
      .run(Math.floor(row.seq / SPAN_SIZE), row.id, row.id);
    this.#connection.prepare('DELETE FROM unindexed WHERE seq = ?').run(row.seq);
  }
}

const INDEXED_COLUMNS =
  'seq, id, project, status, request, response, request_sha256 AS requestHash, response_sha256 AS responseHash';

interface IndexedRow {
  readonly seq: number;
  readonly id: string;
  readonly project: string;
  readonly status: CompletionStatus;
  readonly request: Uint8Array;
  readonly response: Uint8Array;
  readonly requestHash: Uint8Array;
  readonly responseHash: Uint8Array;
}

/** Undefined if a text is damaged: the index must never be told to forget what it was not told to hold. */
function readWords(row: IndexedRow): { text: string; scope: string } | undefined {
  const request = decodeIntactText(row.request, row.requestHash);
  const response = decodeIntactText(row.response, row.responseHash);
  if (request === undefined || response === undefined) return undefined;
  return { text: readSearchText(request, response), scope: spellScope(row.project, row.status) };
}
