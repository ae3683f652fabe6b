// Lists are keyset walks, never offsets: from one id to another over the rows of one filter, in the order in which they
// lie in its index. The other filters are looked up for each row, and so are the words of a search; unless these are rarer
// than every filter: then what has the words is found first, and sorted.

import type { Pool } from 'pg';

import { EVERYTHING, queryFilters } from '../filters.ts';
import { readBounds } from '../id-bounds.ts';
import { readMetadata } from '../spell-metadata.ts';
import type { LabelQuery, CompletionLabels, ListPage, ListQuery } from '../storage.ts';
import {
  COMPLETION_COLUMNS,
  readCompletion,
  spellFilter,
  splitFilters,
  type CompletionRow,
  type SpelledFilter,
} from './rows.ts';
import { readText, spellText } from './text.ts';
import { toTextQuery } from './words.ts';

/**
 * Rows are counted up to here to find the rarest of several filters. Where all have more, any may lead: a page is then
 * found within some thousands of rows, unless the filters exclude each other.
 */
const COUNTED = [64, 4096];

/** How many completions with the words of a search are sorted, at most. */
const MAX_SORTED = 4096;

export interface Statement {
  /** Prepared once on each connection, under this name. */
  readonly name: string;
  readonly text: string;
}

type Statements = Readonly<Record<ListQuery['order'], Statement>>;

/**
 * Take project, status, two ids to walk between, how many rows; names and values of the filters that are looked up; name and
 * value of the filter that leads.
 */
export const LISTS: Statements = inBothOrders('list', (direction) => composeWalk(direction, ''));

/** Take what `LISTS` take. */
const LABELS: Statements = inBothOrders('labels', (direction) =>
  composeWalk(direction, '', 'c.id, c.metadata'),
);

/** Steps from one to the next, past all completions between them. */
const PROJECTS: Statement = {
  name: 'projects',
  text: `WITH RECURSIVE step (project) AS (
      (SELECT project FROM completions ORDER BY project LIMIT 1)
      UNION ALL
      SELECT (SELECT c.project FROM completions c WHERE c.project > step.project ORDER BY c.project LIMIT 1) FROM step
      WHERE step.project IS NOT NULL
    )
    SELECT project FROM step WHERE project IS NOT NULL`,
};

/** Take what `LISTS` take, and the words. */
export const SEARCHES_BY_FILTER: Statements = inBothOrders('search_by_filter', (direction) =>
  composeWalk(
    direction,
    'AND (SELECT t.words @@ $10::tsquery FROM texts t WHERE t.project = $1 AND t.id = f.id)',
  ),
);

/** Take what `LISTS` take but for the leader, and the words. */
export const SEARCHES_BY_WORDS: Statements = inBothOrders('search_by_words', composeSearch);

/** Takes the words, and how many completions to count at most. */
export const COUNT_WORDS: Statement = {
  name: 'count_words',
  text: `SELECT count(*) AS count FROM (SELECT FROM texts t WHERE t.words @@ $1::tsquery LIMIT $2) AS found`,
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
  const values = await readWalk(pool, project, query);
  return readPage(pool, query, { ...LISTS[query.order], values });
}

export async function listLabels(
  pool: Pool,
  project: string,
  query: LabelQuery,
): Promise<CompletionLabels[]> {
  const values = await readWalk(pool, project, query);
  const { rows } = await pool.query<Pick<CompletionRow, 'id' | 'metadata'>>({
    ...LABELS[query.order],
    values,
  });
  return rows
    .slice(0, query.limit)
    .map(({ id, metadata }) => ({ id: readText(id), metadata: readMetadata(metadata) }));
}

export async function listProjects(pool: Pool): Promise<string[]> {
  const { rows } = await pool.query<{ project: string }>(PROJECTS);
  return rows.map(({ project }) => readText(project));
}

/** What `LISTS` take. */
async function readWalk(pool: Pool, project: string, query: ListQuery): Promise<unknown[]> {
  const range = readRange(project, query);
  const [leader = EVERYTHING, ...others] = await orderFilters(pool, range, spellQuery(query));
  return [...range, query.limit + 1, ...splitFilters(others), ...leader];
}

/** Like `listCompletions`, of those that have the words of `q`. */
export async function searchCompletions(
  pool: Pool,
  project: string,
  query: ListQuery,
  q: string,
): Promise<ListPage> {
  const words = toTextQuery(project, query.status, q);
  if (words === undefined) return { completions: [], hasMore: false };
  const range = readRange(project, query);
  const filters = spellQuery(query);
  const { rows } = await pool.query<{ count: number }>({ ...COUNT_WORDS, values: [words, MAX_SORTED] });
  if (rows[0]!.count < MAX_SORTED) {
    const values = [...range, query.limit + 1, ...splitFilters(filters), words];
    return readPage(pool, query, { ...SEARCHES_BY_WORDS[query.order], values });
  }
  const [leader = EVERYTHING, ...others] = await orderFilters(pool, range, filters);
  const values = [...range, query.limit + 1, ...splitFilters(others), ...leader, words];
  return readPage(pool, query, { ...SEARCHES_BY_FILTER[query.order], values });
}

/** Runs what reads one more than is asked for, to see whether there is more. */
async function readPage(
  pool: Pool,
  { limit }: ListQuery,
  statement: Statement & { values: unknown[] },
): Promise<ListPage> {
  const { rows } = await pool.query<CompletionRow>(statement);
  return { completions: rows.slice(0, limit).map(readCompletion), hasMore: rows.length > limit };
}

/** What every list and every count of filters begins with. */
function readRange(project: string, query: ListQuery): string[] {
  const { above, below } = readBounds(query);
  return [spellText(project), query.status, spellText(above), spellText(below)];
}

function spellQuery(query: ListQuery): SpelledFilter[] {
  return queryFilters(query).map(spellFilter);
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
function composeWalk(direction: string, condition: string, columns?: string): string {
  return composePage(
    direction,
    `SELECT f.project, f.id FROM filters f
     WHERE f.project = $1 AND f.status = $2 AND f.id > $3 AND f.id < $4 AND f.name = $8 AND f.value = $9
       AND ${composeLookUps('f.id')} ${condition}
     ORDER BY f.id ${direction} LIMIT $5`,
    columns,
  );
}

/** The words say whose they are, but only nearly for certain. */
function composeSearch(direction: string): string {
  return `WITH hits AS MATERIALIZED (SELECT t.project, t.id FROM texts t WHERE t.words @@ $8::tsquery)
    ${composePage(
      direction,
      `SELECT h.project, h.id FROM hits h
       WHERE h.project = $1 AND h.id > $3 AND h.id < $4 AND ${composeLookUps('h.id')}
       ORDER BY h.id ${direction} LIMIT $5`,
    )}`;
}

/** That a completion has every filter of two lists. */
function composeLookUps(id: string): string {
  return `NOT EXISTS (
    SELECT FROM unnest($6::text[], $7::text[]) AS other (name, value)
    WHERE (
      SELECT true FROM filters o
      WHERE o.project = $1 AND o.status = $2 AND o.name = other.name AND o.value = other.value AND o.id = ${id}
    ) IS NULL
  )`;
}

function composePage(direction: string, page: string, columns: string = COMPLETION_COLUMNS): string {
  return `SELECT ${columns}
    FROM (${page}) page JOIN completions c ON c.project = page.project AND c.id = page.id
    ORDER BY page.id ${direction}`;
}

function inBothOrders(name: string, compose: (direction: string) => string): Statements {
  return {
    asc: { name: `${name}_asc`, text: compose('ASC') },
    desc: { name: `${name}_desc`, text: compose('DESC') },
  };
}
