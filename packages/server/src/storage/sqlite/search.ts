// Lists of what holds certain words. A filter that is rare leads, and of its completions those are kept that have the words.
// Without one, the index of words leads.

import type { Filter } from '../filters.ts';
import { readPhrases, spellScope } from '../search-text.ts';
import type { CompletionStatus, ListPage, ListQuery } from '../storage.ts';
import { LIMIT, type Connection } from './connection.ts';
import { composeList, orderFilters, readPage, type Condition } from './lists.ts';
import { COMPLETION_COLUMNS, readCompletions, type CompletionRow } from './rows.ts';
import { walkIndex } from './walk-index.ts';

/** To look up whether a row of a filter has the words takes as long as to pass by this many completions that have them. */
const LOOK_UP_COST = 20;

/**
 * `q` holds words, all of which must occur, and "phrases". To be called in a transaction: the page is put together of what
 * several statements read.
 */
export function searchCompletions(
  connection: Connection,
  project: string,
  query: ListQuery,
  q: string,
): ListPage {
  const match = composeMatch(project, query.status, q);
  if (match === undefined) return { completions: [], hasMore: false };
  const { ordered, fewest } = orderFilters(connection, project, query);
  if (!Number.isFinite(fewest)) {
    return readHits(connection, query, walkIndex(connection, project, query, match));
  }
  const matches = listMatches(connection, match, fewest * LOOK_UP_COST);
  if (matches !== undefined) {
    return readPage(connection, query, composeList(project, query, ordered, [isAmong(matches)]));
  }
  const rows = walkRows(connection, project, { ...query, limit: fewest }, ordered);
  return readHits(connection, query, lookUpRows(connection, query, match, rows));
}

/** The page, of the numbers of its completions, and one more if there is more. */
function readHits(connection: Connection, { limit }: ListQuery, hits: readonly number[]): ListPage {
  const select = connection.prepareRows(`SELECT ${COMPLETION_COLUMNS} FROM completions c WHERE c.seq = ?`);
  const rows = hits.slice(0, limit).map((seq) => select.get(seq) as unknown as CompletionRow);
  return { completions: readCompletions(rows), hasMore: hits.length > limit };
}

/** The numbers of all completions, of any time, that have the words, as JSON; undefined if there are so many. */
function listMatches(connection: Connection, match: string, tooMany: number): string | undefined {
  const row = connection
    .prepare(
      `SELECT count(*) AS count, json_group_array(rowid) AS matches
       FROM (SELECT rowid FROM texts WHERE texts MATCH ? ${LIMIT})`,
    )
    .get(match, tooMany);
  return Number(row?.['count']) < tooMany ? String(row?.['matches']) : undefined;
}

/** That the row of a filter belongs to one of the completions. */
function isAmong(numbers: string): Condition {
  return { sql: 'f.seq IN (SELECT value FROM json_each(?))', values: [numbers] };
}

/** The numbers of the list without the words, read as they are asked for. */
function* walkRows(
  connection: Connection,
  project: string,
  query: ListQuery,
  filters: readonly Filter[],
): Generator<number> {
  const { sql, values } = composeList(project, query, filters, [], 'c.seq');
  for (const { seq } of connection.prepare(sql).iterate(...values)) yield Number(seq);
}

/** The page, and one more if there is more. At once are looked up as many as it should take, by how many were hits so far. */
function lookUpRows(
  connection: Connection,
  { limit }: ListQuery,
  match: string,
  rows: Iterable<number>,
): number[] {
  const hits: number[] = [];
  let group: number[] = [];
  let [size, seen] = [limit + 1, 0];
  for (const row of rows) {
    group.push(row);
    if (group.length < size) continue;
    hits.push(...keepMatches(connection, match, group));
    const missing = limit + 1 - hits.length;
    if (missing <= 0) return hits;
    seen += group.length;
    size = Math.ceil((missing * seen) / Math.max(1, hits.length));
    group = [];
  }
  return [...hits, ...keepMatches(connection, match, group)];
}

/** In the order of the index: where FTS5 has to walk far from one of them to what matches, it does not walk there again. */
function keepMatches(connection: Connection, match: string, rows: readonly number[]): number[] {
  const select = connection.prepare(
    'SELECT rowid AS seq FROM texts WHERE texts MATCH ? AND rowid >= ? ORDER BY rowid LIMIT 1',
  );
  const found = new Set<number>();
  let next = -1;
  for (const seq of rows.toSorted((a, b) => a - b)) {
    if (seq > next) next = Number(select.get(match, BigInt(seq))?.['seq'] ?? Infinity);
    if (seq === next) found.add(seq);
  }
  return rows.filter((seq) => found.has(seq));
}

/** The query in the language of FTS5; undefined if there is no word in it. @see https://www.sqlite.org/fts5.html */
function composeMatch(project: string, status: CompletionStatus, q: string): string | undefined {
  const phrases = readPhrases(q);
  if (phrases.length === 0) return undefined;
  const text = phrases.map((phrase) => `"${phrase}"`).join(' AND ');
  return `scope : ${spellScope(project, status)} AND text : (${text})`;
}
