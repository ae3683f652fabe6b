// The tables of what is under way. This runs in the writing thread.

import type { CompletionPlace, JournalUpdate, NotedCompletion, Noter } from '../journal.ts';
import type { Connection } from './connection.ts';
import { decodeTexts, encodeText } from './text-codec.ts';

interface NoteRow {
  readonly upstream: string;
  readonly firstByteMs: number | null;
  readonly totalMs: number;
  readonly bytes: Uint8Array;
}

export class Journal {
  readonly #connection: Connection;

  constructor(connection: Connection) {
    this.#connection = connection;
  }

  note({ noter, notes, dropped }: JournalUpdate): void {
    this.#connection
      .prepare('INSERT INTO noters (name, beat) VALUES (?, ?) ON CONFLICT DO UPDATE SET beat = excluded.beat')
      .run(noter.name, noter.beat);
    const insert = this.#connection.prepare(
      `INSERT OR REPLACE INTO journal (project, id, number, noter, upstream, first_byte_ms, total_ms, bytes)
       VALUES (?, ?, ?, ?, ?, ?, ?, ?)`,
    );
    for (const { project, id, number, upstream, firstByteMs, totalMs, bytes } of notes) {
      insert.run(project, id, number, noter.name, upstream, firstByteMs, totalMs, encodeText(bytes));
    }
    for (const place of dropped) this.remove(place);
  }

  listNoters(): Noter[] {
    // The cast restates the schema.
    return this.#connection.prepare('SELECT name, beat FROM noters').all() as unknown as Noter[];
  }

  getNoted(noter: string, after: string): NotedCompletion | undefined {
    const place = this.#connection
      .prepare(
        'SELECT project, id FROM journal WHERE number = 0 AND noter = ? AND id > ? ORDER BY id LIMIT 1',
      )
      .get(noter, after) as CompletionPlace | undefined;
    if (place === undefined) return undefined;
    const { project, id } = place;
    const rows = this.#connection
      .prepare(
        `SELECT upstream, first_byte_ms AS firstByteMs, total_ms AS totalMs, bytes
         FROM journal WHERE project = ? AND id = ? ORDER BY number`,
      )
      .all(project, id) as unknown as NoteRow[];
    const { upstream, firstByteMs, totalMs } = rows.at(-1)!;
    const notes = decodeTexts(rows.map(({ bytes }) => bytes));
    return { project, id, progress: { upstream, firstByteMs, totalMs }, notes };
  }

  /** Whether a completion is found by its notes. */
  has({ project, id }: CompletionPlace): boolean {
    const found = this.#connection
      .prepare('SELECT 1 FROM journal WHERE project = ? AND id = ? AND number = 0')
      .get(project, id);
    return found !== undefined;
  }

  remove({ project, id }: CompletionPlace): void {
    this.#connection.prepare('DELETE FROM journal WHERE project = ? AND id = ?').run(project, id);
  }

  removeNoter({ name, beat }: Noter): void {
    const { changes } = this.#connection
      .prepare('DELETE FROM noters WHERE name = ? AND beat = ?')
      .run(name, beat);
    if (changes === 1) this.#connection.prepare('DELETE FROM journal WHERE noter = ?').run(name);
  }
}
