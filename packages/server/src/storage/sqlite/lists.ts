// Lists are keyset walks, never offsets: from one id to another over the rows of one filter, in the order in which they
// lie there. The other filters are looked up for each row.

import type { SQLInputValue } from 'node:sqlite';

import { readPosition } from '../../completion-id.ts';
import { EVERYTHING, queryFilters, type Filter } from '../filters.ts';
import { BEHIND_ALL, readBounds } from '../id-bounds.ts';
import type { ListPage, ListQuery } from '../storage.ts';
import { LIMIT, type Connection } from './connection.ts';
import { filterKey } from './filter-rows.ts';
import { COMPLETION_COLUMNS, readCompletions, type CompletionRow } from './rows.ts';

/**
 * Rows are counted up to here to find the rarest of several filters. Where all have more, any may lead: a page is then
 * found within some thousands of rows, unless the filters exclude each other.
 */
const COUNTED = [64, 512, 4096];

/** A part of a WHERE, and what its parameters stand for. */
export interface Condition {
  readonly sql: string;
  readonly values: readonly SQLInputValue[];
}

export function listCompletions(connection: Connection, project: string, query: ListQuery): ListPage {
  const filters = queryFilters(query);
  const { ordered } = filters.length < 2 ? { ordered: filters } : orderFilters(connection, project, query);
  return readPage(connection, query, composeList(project, query, ordered));
}

/** Runs what reads one more than is asked for, to see whether there is more. */
export function readPage(connection: Connection, { limit }: ListQuery, { sql, values }: Condition): ListPage {
  const rows = connection.prepareRows(sql).all(...values) as unknown as CompletionRow[];
  return { completions: readCompletions(rows.slice(0, limit)), hasMore: rows.length > limit };
}

/** The filters of a list, the rarest first: the first one leads the walk. `fewest` are its rows, if they were counted. */
export function orderFilters(
  connection: Connection,
  project: string,
  query: ListQuery,
): { ordered: readonly Filter[]; fewest: number } {
  const filters = queryFilters(query);
  for (const limit of COUNTED) {
    const counts = filters.map((filter) => {
      const { sql, values } = composeCount(project, query, filter);
      return Number(connection.prepare(sql).get(...values, limit)?.['count']);
    });
    const fewest = Math.min(...counts);
    const rarest = filters[counts.indexOf(fewest)];
    if (fewest < limit && rarest) {
      return { ordered: [rarest, ...filters.filter((filter) => filter !== rarest)], fewest };
    }
  }
  return { ordered: filters, fewest: Infinity };
}

/** Takes the limit of what is counted as the last value. */
export function composeCount(project: string, query: ListQuery, filter: Filter): Condition {
  const { sql, values } = matchFilter('f', project, query, filter);
  return { sql: `SELECT count(*) AS count FROM (SELECT 1 FROM filters f WHERE ${sql} ${LIMIT})`, values };
}

/** Without a filter, everything is walked. */
export function composeList(
  project: string,
  query: ListQuery,
  [leader = EVERYTHING, ...others]: readonly Filter[],
  more: readonly Condition[] = [],
  columns: string = COMPLETION_COLUMNS,
): Condition {
  const direction = query.order === 'asc' ? 'ASC' : 'DESC';
  const { sql, values } = join([
    matchFilter('f', project, query, leader),
    ...others.map((filter) => lookUp(project, query, filter, 'f.position', 'f.seq')),
    ...more,
    { sql: 'c.project = ?', values: [project] },
    composeRange(query),
  ]);
  return {
    // CROSS JOIN keeps the order: the filter leads, each row that it finds is looked up. Only ids that share a position
    // have to be sorted.
    sql: `SELECT ${columns} FROM filters f CROSS JOIN completions c ON c.seq = f.seq
      WHERE ${sql} ORDER BY f.position ${direction}, c.id ${direction} ${LIMIT}`,
    values: [...values, query.limit + 1],
  };
}

/** That the completion is in the range of the list, exactly. */
export function composeRange(query: ListQuery): Condition {
  const { above, below } = readBounds(query);
  return { sql: 'c.id > ? AND c.id < ?', values: [above, below] };
}

/** The rows of a filter in the range of the list, and those that share a position with its ends. */
function matchFilter(table: string, project: string, query: ListQuery, filter: Filter): Condition {
  const { above, below } = readBounds(query);
  return {
    sql: `${table}.filter = ? AND ${table}.position BETWEEN ? AND ?`,
    values: [
      filterKey(project, query.status, filter),
      readPosition(above),
      below === BEHIND_ALL ? Number.MAX_SAFE_INTEGER : readPosition(below),
    ],
  };
}

/**
 * That the completion with that position and that number has the filter. Not with EXISTS, which SQLite would look up behind
 * the completion, where it costs a page for each that is not in the list.
 */
export function lookUp(
  project: string,
  { status }: ListQuery,
  filter: Filter,
  position: string,
  seq: string,
): Condition {
  return {
    sql: `(SELECT 1 FROM filters o WHERE o.filter = ? AND o.position = ${position} AND o.seq = ${seq})`,
    values: [filterKey(project, status, filter)],
  };
}

export function join(conditions: readonly Condition[]): Condition {
  return {
    sql: conditions.map(({ sql }) => sql).join(' AND '),
    values: conditions.flatMap(({ values }) => values),
  };
}
