// A row of `filters` is short now: a hash stands for the project, the status, the name and the value, and the place of the
// id in time for the id. A list without filters walks the rows of a filter that every completion has.

import type { DatabaseSync } from 'node:sqlite';

import { readPosition } from '../../../completion-id.ts';
import { EVERYTHING } from '../../filters.ts';
import type { CompletionStatus } from '../../storage.ts';
import { filterKey } from '../filter-rows.ts';

interface OldRow {
  readonly project: string;
  readonly name: string;
  readonly value: string;
  readonly status: CompletionStatus;
  readonly id: string;
  readonly seq: number;
}

/** Row by row, so that it takes no memory however many there are. */
export function shortenFilters(db: DatabaseSync): void {
  db.exec(`
    CREATE TABLE short_filters (
      filter   BLOB NOT NULL,
      position INTEGER NOT NULL,
      seq      INTEGER NOT NULL,
      PRIMARY KEY (filter, position, seq)
    ) STRICT, WITHOUT ROWID`);
  const insert = db.prepare('INSERT INTO short_filters (filter, position, seq) VALUES (?, ?, ?)');
  const readOld = db.prepare('SELECT project, name, value, status, id, seq FROM filters');
  const readAll = db.prepare('SELECT project, ? AS name, ? AS value, status, id, seq FROM completions');
  for (const rows of [readOld.iterate(), readAll.iterate(...EVERYTHING)]) {
    for (const row of rows) {
      const { project, name, value, status, id, seq } = row as unknown as OldRow;
      insert.run(filterKey(project, status, [name, value]), readPosition(id), seq);
    }
  }
  db.exec(`
    DROP TABLE filters;
    DROP INDEX completions_by_status;
    ALTER TABLE short_filters RENAME TO filters`);
}
