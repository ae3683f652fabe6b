// Keeps the index of full text search. Indexing a record costs more than keeping it, so that it waits until the writer has
// nothing else to do; a search lets it catch up first. To forget one changes hundreds of pages, and waits as well: a search
// looks every completion up, and so does not find what is deleted.

import { HASH_BYTES } from '../attachments.ts';
import { readSearchText, spellScope } from '../search-text.ts';
import type { CompletionStatus } from '../storage.ts';
import { LIMIT, type Connection } from './connection.ts';
import { decodeIntactTexts, type HashedTexts } from './text-codec.ts';

/** How many consecutive numbers a span has. */
export const SPAN_SIZE = 512;

export class SearchIndex {
  readonly #connection: Connection;
  /** Undefined until it is asked for. */
  #waiting: number | undefined;

  constructor(connection: Connection) {
    this.#connection = connection;
  }

  /** How many completions wait to be indexed, about: other processes insert and index as well. */
  get waiting(): number {
    this.#waiting ??= Number(
      this.#connection.prepare('SELECT count(*) AS count FROM unindexed').get()?.['count'],
    );
    return this.#waiting;
  }

  /** The completion is to be indexed. */
  queue(seq: number | bigint): void {
    this.#connection.prepare('INSERT INTO unindexed (seq) VALUES (?)').run(seq);
    if (this.#waiting !== undefined) this.#waiting += 1;
  }

  hasWaiting(): boolean {
    const isWaiting = this.#connection.prepare('SELECT 1 FROM unindexed LIMIT 1').get() !== undefined;
    if (!isWaiting) this.#waiting = 0;
    return isWaiting;
  }

  /** The completion is to be forgotten. To be called before it is deleted. */
  queueForgetting(seq: number): void {
    const { changes } = this.#connection.prepare('DELETE FROM unindexed WHERE seq = ?').run(seq);
    if (changes !== 0) return;
    this.#connection
      .prepare(
        `INSERT INTO forgotten (seq, project, status, request, response, request_sha256, response_sha256)
         SELECT seq, project, status, request, response, ${KEPT_REQUEST_HASH}, response_sha256
         FROM completions WHERE seq = ?`,
      )
      .run(seq);
  }

  hasForgotten(): boolean {
    return this.#connection.prepare('SELECT 1 FROM forgotten LIMIT 1').get() !== undefined;
  }

  /** Forgets one of the completions that are to be forgotten. Of one that is damaged, the words stay, and lead nowhere. */
  forgetOne(): void {
    const row = this.#connection
      .prepare(`SELECT ${TEXT_COLUMNS}, request_sha256 AS requestHash FROM forgotten ORDER BY seq LIMIT 1`)
      .get() as TextRow | undefined;
    // Another process may have been here before.
    if (row === undefined) return;
    const [words] = readWords([row]);
    if (words !== undefined) {
      this.#connection
        .prepare("INSERT INTO texts (texts, rowid, text, scope) VALUES ('delete', ?, ?, ?)")
        .run(row.seq, words.text, words.scope);
    }
    this.#connection.prepare('DELETE FROM forgotten WHERE seq = ?').run(row.seq);
  }

  /** Indexes up to `limit` of the completions that wait. Returns how many that were. */
  indexSome(limit: number): number {
    const rows = this.#connection
      .prepare(
        `SELECT id, ${TEXT_COLUMNS}, ${KEPT_REQUEST_HASH} AS requestHash FROM completions
         WHERE seq IN (SELECT seq FROM unindexed ORDER BY seq ${LIMIT})`,
      )
      .all(limit) as unknown as IndexedRow[];
    const words = readWords(rows);
    rows.forEach(({ seq, id }, index) => this.#index(seq, id, words[index]));
    if (this.#waiting !== undefined) this.#waiting -= rows.length;
    return rows.length;
  }

  #index(seq: number, id: string, words: Words | undefined): void {
    if (words !== undefined) {
      this.#connection
        .prepare('INSERT INTO texts (rowid, text, scope) VALUES (?, ?, ?)')
        .run(seq, words.text, words.scope);
    }
    this.#connection
      .prepare(
        `INSERT INTO spans (span, first_id, last_id) VALUES (?, ?, ?)
         ON CONFLICT DO UPDATE SET first_id = min(first_id, excluded.first_id), last_id = max(last_id, excluded.last_id)`,
      )
      .run(Math.floor(seq / SPAN_SIZE), id, id);
    this.#connection.prepare('DELETE FROM unindexed WHERE seq = ?').run(seq);
  }
}

const TEXT_COLUMNS = 'seq, project, status, request, response, response_sha256 AS responseHash';

/** Of the request as it lies in the table: attachments are no words. */
const KEPT_REQUEST_HASH = `ifnull(substr(request_attachments, 1, ${HASH_BYTES}), request_sha256)`;

interface TextRow extends HashedTexts {
  readonly seq: number;
  readonly project: string;
  readonly status: CompletionStatus;
}

interface IndexedRow extends TextRow {
  readonly id: string;
}

interface Words {
  readonly text: string;
  readonly scope: string;
}

/** Undefined where a text is damaged: the index must never be told to forget what it was not told to hold. */
function readWords(rows: readonly TextRow[]): Array<Words | undefined> {
  const texts = decodeIntactTexts(rows);
  return rows.map(({ project, status }, index) => {
    const { request, response } = texts[index]!;
    if (request === undefined || response === undefined) return undefined;
    return { text: readSearchText(request, response), scope: spellScope(project, status) };
  });
}
