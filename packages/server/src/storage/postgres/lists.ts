// Lists are keyset walks, never offsets: from one id to another over the rows of one filter, in the order in which they
// lie in its index. The other filters are looked up for each row.

import type { Pool } from 'pg';

import { queryFilters } from '../filters.ts';
import { readBounds } from '../id-bounds.ts';
import type { ListPage, ListQuery } from '../storage.ts';
import {
  COMPLETION_COLUMNS,
  EVERYTHING,
  readCompletion,
  spellFilter,
  splitFilters,
  type CompletionRow,
  type SpelledFilter,
} from './rows.ts';
import { spellText } from './text.ts';

/**
 * Rows are counted up to here to find the rarest of several filters. Where all have more, any may lead: a page is then
 * found within some thousands of rows, unless the filters exclude each other.
 */
const COUNTED = [64, 4096];

export interface Statement {
  /** Prepared once on each connection, under this name. */
  readonly name: string;
  readonly text: string;
}

/**
 * Takes project, status, two ids to walk between, how many rows; name and value of the filter that leads; names and values
 * of the others.
 */
export const LISTS: Readonly<Record<ListQuery['order'], Statement>> = {
  asc: { name: 'list_asc', text: composeList('ASC') },
  desc: { name: 'list_desc', text: composeList('DESC') },
};

/** Takes project, status, two ids to walk between, how many rows to count at most, and the filters. */
export const COUNTS: Statement = {
  name: 'count_filters',
  text: `SELECT (
      SELECT count(*) FROM (
        SELECT FROM filters f
        WHERE f.project = $1 AND f.status = $2 AND f.id > $3 AND f.id < $4
          AND f.name = given.name AND f.value = given.value
        LIMIT $5
      ) AS found
    ) AS count
    FROM unnest($6::text[], $7::text[]) WITH ORDINALITY AS given (name, value, place)
    ORDER BY place`,
};

export async function listCompletions(pool: Pool, project: string, query: ListQuery): Promise<ListPage> {
  const range = readRange(project, query);
  const filters = await orderFilters(pool, range, queryFilters(query).map(spellFilter));
  const [leader = EVERYTHING, ...others] = filters;
  const { rows } = await pool.query<CompletionRow>({
    ...LISTS[query.order],
    values: [...range, query.limit + 1, ...leader, ...splitFilters(others)],
  });
  const completions = rows.slice(0, query.limit).map(readCompletion);
  // One more than asked for was read, to see whether there is more.
  return { completions, hasMore: rows.length > query.limit };
}

/** What every statement here begins with. */
function readRange(project: string, query: ListQuery): string[] {
  const { above, below } = readBounds(query);
  return [spellText(project), query.status, spellText(above), spellText(below)];
}

/** The rarest first: it leads the walk. */
async function orderFilters(
  pool: Pool,
  range: readonly string[],
  filters: readonly SpelledFilter[],
): Promise<readonly SpelledFilter[]> {
  if (filters.length < 2) return filters;
  for (const limit of COUNTED) {
    const { rows } = await pool.query<{ count: number }>({
      ...COUNTS,
      values: [...range, limit, ...splitFilters(filters)],
    });
    const counts = rows.map(({ count }) => count);
    const fewest = Math.min(...counts);
    const rarest = filters[counts.indexOf(fewest)];
    if (fewest < limit && rarest) return [rarest, ...filters.filter((filter) => filter !== rarest)];
  }
  return filters;
}

/** The page is found among the filters alone; only what is on it is read. */
function composeList(direction: string): string {
  return `SELECT ${COMPLETION_COLUMNS}
    FROM (
      SELECT f.project, f.id FROM filters f
      WHERE f.project = $1 AND f.status = $2 AND f.id > $3 AND f.id < $4 AND f.name = $6 AND f.value = $7
        AND NOT EXISTS (
          SELECT FROM unnest($8::text[], $9::text[]) AS other (name, value)
          WHERE (
            SELECT true FROM filters o
            WHERE o.project = $1 AND o.status = $2 AND o.name = other.name AND o.value = other.value AND o.id = f.id
          ) IS NULL
        )
      ORDER BY f.id ${direction} LIMIT $5
    ) page
    JOIN completions c ON c.project = page.project AND c.id = page.id
    ORDER BY page.id ${direction}`;
}
