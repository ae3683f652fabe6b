// The tables of what is under way.

import type { JsonBytes } from '../../json/members.ts';
import type { JournalUpdate, NotedCompletion, Noter } from '../journal.ts';
import { encodeColumn, type ArrayType, type Value } from './arrays.ts';
import { readText, spellText } from './text.ts';
import type { Queries } from './transaction.ts';

/** Of notes, behind the name of who writes them. */
const COLUMNS: readonly ArrayType[] = ['text', 'text', 'bigint', 'text', 'bigint', 'bigint', 'bytea'];

/**
 * Takes name and beat; columns of notes; projects and ids of what is dropped. The transaction is not synced: `set_config`
 * holds until its end.
 */
const NOTE = {
  name: 'note',
  text: `WITH beat AS (
      INSERT INTO noters (name, beat) VALUES ($1, $2) ON CONFLICT (name) DO UPDATE SET beat = excluded.beat
    ), noted AS (
      INSERT INTO journal (project, id, number, noter, upstream, first_byte_ms, total_ms, bytes)
      SELECT project, id, number, $1, upstream, first_byte_ms, total_ms, bytes
      FROM unnest(${COLUMNS.map((type, index) => `$${3 + index}::${type}[]`).join(', ')})
        AS given (project, id, number, upstream, first_byte_ms, total_ms, bytes)
      ON CONFLICT (project, id, number) DO UPDATE
        SET upstream = excluded.upstream, first_byte_ms = excluded.first_byte_ms, total_ms = excluded.total_ms,
          bytes = excluded.bytes
    ), dropped AS (
      DELETE FROM journal j USING unnest($10::text[], $11::text[]) AS given (project, id)
      WHERE j.project = given.project AND j.id = given.id
    )
    SELECT set_config('synchronous_commit', 'off', true)`,
};

const LIST_NOTERS = { name: 'list_noters', text: 'SELECT name, beat FROM noters' };

/** Takes the name of who noted it, and an id. */
const GET_NOTED = {
  name: 'get_noted',
  text: `SELECT j.project, j.id, j.upstream, j.first_byte_ms AS "firstByteMs", j.total_ms AS "totalMs", j.bytes
    FROM (
      SELECT project, id FROM journal WHERE noter = $1 AND number = 0 AND id > $2 ORDER BY id LIMIT 1
    ) AS first JOIN journal j ON j.project = first.project AND j.id = first.id
    ORDER BY j.number`,
};

/** Takes name and beat. */
const REMOVE_NOTER = {
  name: 'remove_noter',
  text: `WITH removed AS (DELETE FROM noters WHERE name = $1 AND beat = $2 RETURNING name)
    DELETE FROM journal j USING removed r WHERE j.noter = r.name`,
};

interface NoteRow {
  readonly project: string;
  readonly id: string;
  readonly upstream: string;
  readonly firstByteMs: number | null;
  readonly totalMs: number;
  readonly bytes: JsonBytes;
}

/** See `JournalStorage`. */
export async function note(queries: Queries, { noter, notes, dropped }: JournalUpdate): Promise<void> {
  const rows = notes.map((given): Value[] => [
    spellText(given.project),
    spellText(given.id),
    given.number,
    spellText(given.upstream),
    given.firstByteMs,
    given.totalMs,
    given.bytes,
  ]);
  await queries.query({
    ...NOTE,
    values: [
      noter.name,
      noter.beat,
      ...COLUMNS.map((type, column) => encodeColumn(type, rows, column)),
      dropped.map(({ project }) => spellText(project)),
      dropped.map(({ id }) => spellText(id)),
    ],
  });
}

export async function listNoters(queries: Queries): Promise<Noter[]> {
  const { rows } = await queries.query<Noter>(LIST_NOTERS);
  return rows;
}

/** See `JournalStorage`. */
export async function getNoted(
  queries: Queries,
  noter: string,
  after: string,
): Promise<NotedCompletion | undefined> {
  const { rows } = await queries.query<NoteRow>({ ...GET_NOTED, values: [noter, spellText(after)] });
  const last = rows.at(-1);
  if (last === undefined) return undefined;
  const { upstream, firstByteMs, totalMs } = last;
  return {
    project: readText(last.project),
    id: readText(last.id),
    progress: { upstream: readText(upstream), firstByteMs, totalMs },
    notes: rows.map(({ bytes }) => bytes),
  };
}

export async function removeNoter(queries: Queries, { name, beat }: Noter): Promise<void> {
  await queries.query({ ...REMOVE_NOTER, values: [name, beat] });
}
