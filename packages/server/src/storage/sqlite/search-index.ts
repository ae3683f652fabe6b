// Keeps the index of full text search. Indexing a record costs more than keeping it, so that it waits until the writer has
// nothing else to do; a search lets it catch up first.

import type { Connection } from './connection.ts';
import { COMPLETION_COLUMNS, readCompletions, readRequest, type NumberedCompletion } from './rows.ts';
import { readSearchText, spellScope } from './search-text.ts';

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

  /** To be called before the completion is deleted. */
  forget({ seq, completion }: NumberedCompletion): void {
    const { changes } = this.#connection.prepare('DELETE FROM unindexed WHERE seq = ?').run(seq);
    if (changes !== 0) return;
    const { project, status, response } = completion;
    this.#connection
      .prepare("INSERT INTO texts (texts, rowid, text, scope) VALUES ('delete', ?, ?, ?)")
      .run(seq, readSearchText(readRequest(this.#connection, seq), response), spellScope(project, status));
  }

  /** Indexes up to `limit` of the completions that wait. Returns how many that were. */
  indexSome(limit: number): number {
    const rows = this.#connection
      .prepare(
        `SELECT c.seq, ${COMPLETION_COLUMNS} FROM (SELECT seq FROM unindexed ORDER BY seq LIMIT ?) u
           CROSS JOIN completions c ON c.seq = u.seq`,
      )
      .all(limit);
    const completions = readCompletions(rows.map(({ seq: _seq, ...row }) => row));
    for (const [index, completion] of completions.entries()) {
      this.#index({ seq: Number(rows[index]?.['seq']), completion });
    }
    return rows.length;
  }

  #index({ seq, completion }: NumberedCompletion): void {
    const { project, status, response } = completion;
    this.#connection
      .prepare('INSERT INTO texts (rowid, text, scope) VALUES (?, ?, ?)')
      .run(seq, readSearchText(readRequest(this.#connection, seq), response), spellScope(project, status));
    this.#connection
      .prepare(
        `INSERT INTO spans (span, first_id, last_id) VALUES (?, ?, ?)
         ON CONFLICT DO UPDATE SET first_id = min(first_id, excluded.first_id), last_id = max(last_id, excluded.last_id)`,
      )
      .run(Math.floor(seq / SPAN_SIZE), completion.id, completion.id);
    this.#connection.prepare('DELETE FROM unindexed WHERE seq = ?').run(seq);
  }
}
