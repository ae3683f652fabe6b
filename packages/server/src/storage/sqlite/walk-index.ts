// The list in the order of ids, by an index that knows completions by their numbers: it is walked in the order of numbers,
// until no span of them that is left can hold what belongs on the page.

import { queryFilters } from '../filters.ts';
import { readBounds, type Bounds } from '../id-bounds.ts';
import type { ListQuery } from '../storage.ts';
import type { Connection } from './connection.ts';
import { composeRange, join, lookUp } from './lists.ts';
import { SPAN_SIZE } from './search-index.ts';

interface Match {
  readonly seq: number;
  readonly id: string | null;
}

interface Hit extends Match {
  readonly id: string;
}

/**
 * The numbers of what is on the page, and of one more if there is more.
 *
 * As long as nothing matches, FTS5 walks on, also out of bounds. To ask it span by span would be to walk from each of them
 * to the end: it is asked once, and again only where a match is in no span of the list, to pass by what lies there.
 */
export function walkIndex(
  connection: Connection,
  project: string,
  query: ListQuery,
  match: string,
): number[] {
  const hits: Hit[] = [];
  const findSpan = (from: number): number | undefined =>
    findNextSpan(connection, query.order, readOpenBounds(query, hits), from);
  let next = findSpan(query.order === 'asc' ? 0 : Number.MAX_SAFE_INTEGER);
  while (next !== undefined) {
    let span: number | undefined = next;
    next = undefined;
    for (const { seq, id } of walkMatches(connection, project, query, match, span)) {
      const spanOfMatch = Math.floor(seq / SPAN_SIZE);
      if (spanOfMatch !== span) span = findSpan(spanOfMatch);
      if (spanOfMatch !== span) {
        next = span;
        break;
      }
      if (id !== null) addHit(hits, { seq, id }, query);
    }
  }
  return hits.map(({ seq }) => seq);
}

/** Where the list lies; of a page that is full, up to its last hit. */
function readOpenBounds(query: ListQuery, hits: readonly Hit[]): Bounds {
  const bounds = readBounds(query);
  const last = hits[query.limit];
  if (last === undefined) return bounds;
  return query.order === 'asc' ? { ...bounds, below: last.id } : { ...bounds, above: last.id };
}

/** The first that may hold something between the bounds: `from`, or what comes behind it in the order of the list. */
function findNextSpan(
  connection: Connection,
  order: ListQuery['order'],
  { above, below }: Bounds,
  from: number,
): number | undefined {
  const [side, direction] = order === 'asc' ? ['>=', 'ASC'] : ['<=', 'DESC'];
  const row = connection
    .prepare(
      `SELECT span FROM spans WHERE span ${side} ? AND last_id > ? AND first_id < ?
       ORDER BY span ${direction} LIMIT 1`,
    )
    .get(from, above, below);
  return row && Number(row['span']);
}

/** What matches, from the span on; without its id if it does not belong to the list. */
function walkMatches(
  connection: Connection,
  project: string,
  query: ListQuery,
  match: string,
  span: number,
): Iterable<Match> {
  // FTS5 begins at a bound only if it is an integer, and Node hands numbers to SQLite as floats.
  const [side, bound, direction] =
    query.order === 'asc'
      ? ['>=', BigInt(span * SPAN_SIZE), 'ASC']
      : ['<=', BigInt((span + 1) * SPAN_SIZE - 1), 'DESC'];
  const { sql, values } = join([
    { sql: 'c.seq = t.rowid AND c.project = ?', values: [project] },
    composeRange(query),
    ...queryFilters(query).map((filter) => lookUp(project, query, filter, 'id_position(c.id)', 'c.seq')),
  ]);
  return connection
    .prepare(
      `SELECT t.rowid AS seq, c.id FROM texts t LEFT JOIN completions c ON ${sql}
       WHERE t.texts MATCH ? AND t.rowid ${side} ? ORDER BY t.rowid ${direction}`,
    )
    .iterate(...values, match, bound) as Iterable<unknown> as Iterable<Match>;
}

/** The hits stay in the order of the list, as most come, and no more than are needed. */
function addHit(hits: Hit[], hit: Hit, { order, limit }: ListQuery): void {
  const place = 1 + hits.findLastIndex(({ id }) => (order === 'asc' ? id < hit.id : id > hit.id));
  hits.splice(place, 0, hit);
  hits.length = Math.min(hits.length, limit + 1);
}
