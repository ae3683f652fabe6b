// Lists are keyset walks, never offsets: from one id to another, over the index of all completions or over the rows of
// one filter, in the order in which they lie there. The other filters are looked up for each row.

import type { SQLInputValue } from 'node:sqlite';

import { queryFilters, type Filter } from '../filters.ts';
import { readBounds } from '../id-bounds.ts';
import type { ListPage, ListQuery } from '../storage.ts';
import type { Connection } from './connection.ts';
import { COMPLETION_COLUMNS, readCompletions } from './rows.ts';

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
  const rows = connection.prepare(sql).all(...values);
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
  const { sql, values } = join([matchFilter('filters', project, query, filter), composeRange('id', query)]);
  return { sql: `SELECT count(*) AS count FROM (SELECT 1 FROM filters WHERE ${sql} LIMIT ?)`, values };
}

/** Of a list without filters, all of the completions are walked, and `more` does not apply. */
export function composeList(
  project: string,
  query: ListQuery,
  [first, ...others]: readonly Filter[],
  more: readonly Condition[] = [],
  columns: string = COMPLETION_COLUMNS,
): Condition {
  const direction = query.order === 'asc' ? 'ASC' : 'DESC';
  if (first === undefined) {
    const { sql, values } = join([
      { sql: 'c.project = ? AND c.status = ?', values: [project, query.status] },
      composeRange('c.id', query),
    ]);
    return {
      sql: `SELECT ${columns} FROM completions c INDEXED BY completions_by_status
        WHERE ${sql} ORDER BY c.id ${direction} LIMIT ?`,
      values: [...values, query.limit + 1],
    };
  }
  const { sql, values } = join([
    matchFilter('f', project, query, first),
    composeRange('f.id', query),
    ...others.map((filter) => lookUp(project, query, filter, 'f.id')),
    ...more,
  ]);
  return {
    // CROSS JOIN keeps the order: the filter leads, each row that it finds is looked up.
    sql: `SELECT ${columns} FROM filters f CROSS JOIN completions c ON c.seq = f.seq
      WHERE ${sql} ORDER BY f.id ${direction} LIMIT ?`,
    values: [...values, query.limit + 1],
  };
}

export function composeRange(id: string, query: ListQuery): Condition {
  const { above, below } = readBounds(query);
  return { sql: `${id} > ? AND ${id} < ?`, values: [above, below] };
}

function matchFilter(table: string, project: string, { status }: ListQuery, filter: Filter): Condition {
  return {
    sql: `${table}.project = ? AND ${table}.name = ? AND ${table}.value = ? AND ${table}.status = ?`,
    values: [project, ...filter, status],
  };
}

/** That the completion with the id has the filter. */
export function lookUp(project: string, query: ListQuery, filter: Filter, id: string): Condition {
  const { sql, values } = matchFilter('o', project, query, filter);
  return { sql: `EXISTS (SELECT 1 FROM filters o WHERE ${sql} AND o.id = ${id})`, values };
}

export function join(conditions: readonly Condition[]): Condition {
  return {
    sql: conditions.map(({ sql }) => sql).join(' AND '),
    values: conditions.flatMap(({ values }) => values),
  };
}
