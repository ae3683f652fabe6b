// Lists of what holds certain words. Where a filter is rarer, it leads, and the words are looked up. Else the index leads.
// It knows completions by their numbers, and the list is in order of ids: it is put together span by span, in the order of
// the ids in them, until no other span can hold what belongs on the page.

import { queryFilters } from '../filters.ts';
import { readBounds, type Bounds } from '../id-bounds.ts';
import { readPhrases, spellScope } from '../search-text.ts';
import type { CompletionStatus, ListPage, ListQuery } from '../storage.ts';
import type { Connection } from './connection.ts';
import { composeList, composeRange, join, lookUp, orderFilters, readPage, type Condition } from './lists.ts';
import { COMPLETION_COLUMNS, readCompletions } from './rows.ts';
import { SPAN_SIZE } from './search-index.ts';

/** To look up whether a row of a filter has the words takes as long as to pass by this many completions that have them. */
const LOOK_UP_COST = 20;

/** How many spans are searched at once, at most: what is found in them is held in memory. */
const MAX_NEIGHBOURS = 64;

interface Span {
  readonly span: number;
  readonly first_id: string;
  readonly last_id: string;
}

interface Hit {
  readonly seq: number;
  readonly id: string;
}

/** `q` holds words, all of which must occur, and "phrases". */
export function searchCompletions(
  connection: Connection,
  project: string,
  query: ListQuery,
  q: string,
): ListPage {
  const match = composeMatch(project, query.status, q);
  if (match === undefined) return { completions: [], hasMore: false };
  const { ordered, fewest } = orderFilters(connection, project, query);
  if (Number.isFinite(fewest) && hasHits(connection, match, fewest * LOOK_UP_COST)) {
    return readPage(connection, query, composeList(project, query, ordered, [occursIn(match)]));
  }
  const hits = findHits(connection, project, query, match);
  const select = connection.prepare(`SELECT ${COMPLETION_COLUMNS} FROM completions c WHERE c.seq = ?`);
  const rows = hits.slice(0, query.limit).map(({ seq }) => select.get(seq)!);
  return { completions: readCompletions(rows), hasMore: hits.length > query.limit };
}

/** Whether at least so many completions, of any time, have the words. */
function hasHits(connection: Connection, match: string, count: number): boolean {
  const row = connection
    .prepare('SELECT count(*) AS count FROM (SELECT 1 FROM texts WHERE texts MATCH ? LIMIT ?)')
    .get(match, count);
  return Number(row?.['count']) >= count;
}

/** That the row of a filter belongs to a completion with the words. */
function occursIn(match: string): Condition {
  return { sql: '(SELECT 1 FROM texts WHERE texts MATCH ? AND rowid = f.seq)', values: [match] };
}

/** The hits of the page, and one more if there is more. */
function findHits(connection: Connection, project: string, query: ListQuery, match: string): Hit[] {
  const sign = query.order === 'asc' ? 1 : -1;
  const bounds = readBounds(query);
  let hits: Hit[] = [];
  for (const spans of joinNeighbours(listSpans(connection, query, bounds), sign)) {
    const last = hits[query.limit];
    const [{ first_id, last_id }] = spans;
    // The spans come in the order of their nearest ids: what follows is all behind the page.
    if (last !== undefined && (sign > 0 ? first_id > last.id : last_id < last.id)) break;
    hits = [...hits, ...searchSpans(connection, project, query, match, spans)]
      .sort((a, b) => (a.id < b.id ? -sign : sign))
      .slice(0, query.limit + 1);
  }
  return hits;
}

/** Those that may hold something of the list, the nearest first. */
function listSpans(connection: Connection, { order }: ListQuery, { above, below }: Bounds): Span[] {
  return connection
    .prepare(
      `SELECT span, first_id, last_id FROM spans WHERE last_id > ? AND first_id < ?
       ORDER BY ${order === 'asc' ? 'first_id' : 'last_id DESC'}`,
    )
    .all(above, below) as unknown as Span[];
}

/** Ever more of them at once where their numbers follow each other, so that what is rare takes few searches. */
function* joinNeighbours(spans: readonly Span[], step: number): Generator<[Span, ...Span[]]> {
  let neighbours: Span[] = [];
  let most = 1;
  for (const span of spans) {
    const before = neighbours.at(-1);
    if (before !== undefined && (neighbours.length === most || span.span !== before.span + step)) {
      yield neighbours as [Span, ...Span[]];
      neighbours = [];
      most = Math.min(2 * most, MAX_NEIGHBOURS);
    }
    neighbours.push(span);
  }
  if (neighbours.length > 0) yield neighbours as [Span, ...Span[]];
}

function searchSpans(
  connection: Connection,
  project: string,
  query: ListQuery,
  match: string,
  spans: readonly Span[],
): Hit[] {
  const numbers = spans.map(({ span }) => span);
  // FTS5 passes by what is out of bounds only if they are integers, and Node hands numbers to SQLite as floats.
  const first = BigInt(Math.min(...numbers) * SPAN_SIZE);
  const last = BigInt((Math.max(...numbers) + 1) * SPAN_SIZE - 1);
  const { sql, values } = join([
    { sql: 't.texts MATCH ? AND t.rowid BETWEEN ? AND ?', values: [match, first, last] },
    { sql: 'c.project = ?', values: [project] },
    composeRange(query),
    ...queryFilters(query).map((filter) => lookUp(project, query, filter, 'id_position(c.id)', 'c.seq')),
  ]);
  return connection
    .prepare(`SELECT c.seq, c.id FROM texts t CROSS JOIN completions c ON c.seq = t.rowid WHERE ${sql}`)
    .all(...values) as unknown as Hit[];
}

/** The query in the language of FTS5; undefined if there is no word in it. @see https://www.sqlite.org/fts5.html */
function composeMatch(project: string, status: CompletionStatus, q: string): string | undefined {
  const phrases = readPhrases(q);
  if (phrases.length === 0) return undefined;
  const text = phrases.map((phrase) => `"${phrase}"`).join(' AND ');
  return `scope : ${spellScope(project, status)} AND text : (${text})`;
}
