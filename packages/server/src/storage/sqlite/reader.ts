// What reads the store, a few statements each, all synchronous: this runs in the reading thread.

import type { JsonBytes } from '../../json/members.ts';
import type { LabelQuery, CompletionLabels, ListPage, ListQuery, StoredCompletion } from '../storage.ts';
import { readRequest, type RequestRow } from './attachments.ts';
import type { Connection } from './connection.ts';
import { listLabels, listProjects } from './labels.ts';
import { listCompletions } from './lists.ts';
import { COMPLETION_COLUMNS, findCompletion, readCompletions, type CompletionRow } from './rows.ts';
import { searchCompletions } from './search.ts';

/** 64 MB. */
const MAX_LOG_PAGES = 8192;

/**
 * How long the end of a log waits for those who still read it, in milliseconds. Writers wait as long: rather than for
 * someone who reads for minutes, such as a backup, it is tried again.
 */
const MAX_WAIT_MS = 50;

export class SqliteReader {
  readonly #connection: Connection;

  /** Takes a connection that `openToRead` opened, and closes it. */
  constructor(connection: Connection) {
    this.#connection = connection;
  }

  get(project: string, id: string): StoredCompletion | undefined {
    return findCompletion(this.#connection, project, id)?.completion;
  }

  getByIdempotencyKey(project: string, key: string): StoredCompletion | undefined {
    const row = this.#connection
      .prepareRows(
        `SELECT ${COMPLETION_COLUMNS} FROM idempotency_keys k JOIN completions c ON c.project = k.project AND c.id = k.id
         WHERE k.project = ? AND k.key = ? AND k.expires_at_ms > ?`,
      )
      .get(project, key, Date.now()) as CompletionRow | undefined;
    return row && readCompletions([row])[0];
  }

  getRequest(project: string, id: string): JsonBytes | undefined {
    return this.#atOneMoment(() => {
      const row = this.#connection
        .prepare(
          `SELECT project, id, request, response, request_attachments AS places FROM completions
           WHERE project = ? AND id = ?`,
        )
        .get(project, id);
      return row && readRequest(this.#connection, row as unknown as RequestRow);
    });
  }

  list(project: string, query: ListQuery): ListPage {
    const { q } = query;
    return q === undefined
      ? listCompletions(this.#connection, project, query)
      : this.#atOneMoment(() => searchCompletions(this.#connection, project, query, q));
  }

  listLabels(project: string, query: LabelQuery): CompletionLabels[] {
    return listLabels(this.#connection, project, query);
  }

  listProjects(): string[] {
    return listProjects(this.#connection);
  }

  /** Copies the log into the file, beside whoever reads and writes; a log that grew too long ends first. */
  checkpoint(): void {
    const pages = Number(this.#connection.prepare('PRAGMA wal_checkpoint(PASSIVE)').get()?.['log']);
    // Writers append as long as the log never is copied whole: they are made to wait for the rest, which is short now.
    if (pages > MAX_LOG_PAGES) this.#endLog('RESTART');
  }

  /** Copies the log into the file and empties it. Returns false if someone still reads what is in it, or writes. */
  emptyLog(): boolean {
    // Most of it is copied and synced beside those who write: they wait for the rest.
    this.#connection.db.exec('PRAGMA wal_checkpoint(PASSIVE)');
    return this.#endLog('TRUNCATE');
  }

  #endLog(mode: 'RESTART' | 'TRUNCATE'): boolean {
    const timeoutMs = Number(this.#connection.prepare('PRAGMA busy_timeout').get()?.['timeout']);
    this.#connection.db.exec(`PRAGMA busy_timeout = ${Math.min(timeoutMs, MAX_WAIT_MS)}`);
    try {
      return this.#connection.prepare(`PRAGMA wal_checkpoint(${mode})`).get()?.['busy'] === 0;
    } finally {
      this.#connection.db.exec(`PRAGMA busy_timeout = ${timeoutMs}`);
    }
  }

  close(): void {
    this.#connection.db.close();
  }

  /** For what several statements read: all of them see the store as the first one does. */
  #atOneMoment<T>(read: () => T): T {
    this.#connection.db.exec('BEGIN');
    try {
      return read();
    } finally {
      this.#connection.db.exec('COMMIT');
    }
  }
}
