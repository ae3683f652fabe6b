// Lists are keyset walks, never offsets: from one id to another over the rows of one filter, in the order in which they
// lie in its index. The other filters are looked up for each row, unless all are frequent: then two are walked side by side.
// The words of a search are looked up as well; where these are rarer than every filter, what has the words is found first, and
// sorted.

import type { Pool } from 'pg';

import { EVERYTHING, queryFilters } from '../filters.ts';
import { readBounds } from '../id-bounds.ts';
import { readMetadata } from '../spell-metadata.ts';
import type { LabelQuery, CompletionLabels, ListPage, ListQuery } from '../storage.ts';
import {
  COMPLETION_COLUMNS,
  queryCompletions,
  readCompletion,
  spellFilter,
  splitFilters,
  type CompletionRow,
  type SpelledFilter,
} from './rows.ts';
import { readText, spellText } from './text.ts';
import { toTextQuery } from './words.ts';

/**
 * Rows are counted up to here to find the rarest of several filters. To look each of these up takes three milliseconds; to
 * walk those of another one beside them takes as long if it has twenty times as many.
 */
const COUNTED = 1024;

/** The same for searches, which look everything up. */
const COUNTED_FOR_SEARCH = 4096;

const LABEL_COLUMNS = 'c.id, c.metadata';

/** How many completions with the words of a search are sorted, at most. */
const MAX_SORTED = 4096;

export interface Statement {
  /** Prepared once on each connection, under this name. */
  readonly name: string;
  readonly text: string;
}

interface BoundStatement extends Statement {
  readonly values: unknown[];
}

type Statements = Readonly<Record<ListQuery['order'], Statement>>;

/**
 * Take project, status, two ids to walk between, how many rows; names and values of the filters that are looked up; name and
 * value of the filter that leads.
 */
export const LISTS: Statements = inBothOrders('list', (direction) => composeWalk(direction, ''));

/** Take what `LISTS` take. */
const LABELS: Statements = inBothOrders('labels', (direction) => composeWalk(direction, '', LABEL_COLUMNS));

/** Take what `LISTS` take, and name and value of the filter that is walked beside the leader. */
export const LISTS_OF_TWO: Statements = inBothOrders('list_of_two', (direction) => composeMeet(direction));

/** Take what `LISTS_OF_TWO` take. */
const LABELS_OF_TWO: Statements = inBothOrders('labels_of_two', (direction) =>
  composeMeet(direction, LABEL_COLUMNS),
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
  return readPage(pool, query, await composeList(pool, project, query, LISTS, LISTS_OF_TWO));
}

export async function listLabels(
  pool: Pool,
  project: string,
  query: LabelQuery,
): Promise<CompletionLabels[]> {
  const statement = await composeList(pool, project, query, LABELS, LABELS_OF_TWO);
  const { rows } = await pool.query<Pick<CompletionRow, 'id' | 'metadata'>>(statement);
  return rows
    .slice(0, query.limit)
    .map(({ id, metadata }) => ({ id: readText(id), metadata: readMetadata(metadata) }));
}

export async function listProjects(pool: Pool): Promise<string[]> {
  const { rows } = await pool.query<{ project: string }>(PROJECTS);
  return rows.map(({ project }) => readText(project));
}

/** One of two statements, with what it takes: where no filter is rare, that which walks two of them. */
async function composeList(
  pool: Pool,
  project: string,
  query: ListQuery,
  walk: Statements,
  walkOfTwo: Statements,
): Promise<BoundStatement> {
  const range = readRange(project, query);
  const { ordered, hasRare } = await orderFilters(pool, range, spellQuery(query), COUNTED);
  const [leader = EVERYTHING, ...others] = ordered;
  const count = query.limit + 1;
  const [second, ...rest] = others;
  if (hasRare || second === undefined) {
    return { ...walk[query.order], values: [...range, count, ...splitFilters(others), ...leader] };
  }
  const values = [...range, count, ...splitFilters(rest), ...leader, ...second];
  return { ...walkOfTwo[query.order], values };
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
  const { ordered } = await orderFilters(pool, range, filters, COUNTED_FOR_SEARCH);
  const [leader = EVERYTHING, ...others] = ordered;
  const values = [...range, query.limit + 1, ...splitFilters(others), ...leader, words];
  return readPage(pool, query, { ...SEARCHES_BY_FILTER[query.order], values });
}

/** Runs what reads one more than is asked for, to see whether there is more. */
async function readPage(pool: Pool, { limit }: ListQuery, statement: BoundStatement): Promise<ListPage> {
  const rows = await queryCompletions(pool, statement);
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

/** The rarest first, if one has fewer rows than `limit`: it leads the walk. */
async function orderFilters(
  pool: Pool,
  range: readonly string[],
  filters: readonly SpelledFilter[],
  limit: number,
): Promise<{ ordered: readonly SpelledFilter[]; hasRare: boolean }> {
  if (filters.length < 2) return { ordered: filters, hasRare: false };
  const values = [...range, limit, ...splitFilters(filters)];
  const { rows } = await pool.query<{ count: number }>({ ...COUNTS, values });
  const counts = rows.map(({ count }) => count);
  const fewest = Math.min(...counts);
  const rarest = filters[counts.indexOf(fewest)]!;
  return {
    ordered: [rarest, ...filters.filter((filter) => filter !== rarest)],
    hasRare: fewest < limit,
  };
}

/** The page is found among the filters alone; only what is on it is read. */
function composeWalk(direction: Direction, condition: string, columns?: string): string {
  return composePage(
    direction,
    `SELECT f.project, f.id FROM filters f
     WHERE f.project = $1 AND f.status = $2 AND f.id > $3 AND f.id < $4 AND f.name = $8 AND f.value = $9
       AND ${composeLookUps('f.id')} ${condition}
     ORDER BY f.id ${direction} LIMIT $5`,
    columns,
  );
}

/** The functions of the sixth migration find the page. */
function composeMeet(direction: Direction, columns?: string): string {
  const parameters = Array.from({ length: 11 }, (_, index) => `$${index + 1}`).join(', ');
  return composePage(
    direction,
    `SELECT $1::text AS project, m.id FROM meet_${direction.toLowerCase()}(${parameters}) AS m (id)`,
    columns,
  );
}

/** The words say whose they are, but only nearly for certain. */
function composeSearch(direction: Direction): string {
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

/** OFFSET keeps the planner from beginning with all completions, which it might, as it thinks of a page as being longer. */
function composePage(direction: Direction, page: string, columns: string = COMPLETION_COLUMNS): string {
  return `SELECT ${columns}
    FROM (${page}) page CROSS JOIN LATERAL (
      SELECT * FROM completions c WHERE c.project = page.project AND c.id = page.id OFFSET 0
    ) c
    ORDER BY page.id ${direction}`;
}

type Direction = 'ASC' | 'DESC';

function inBothOrders(name: string, compose: (direction: Direction) => string): Statements {
  return {
    asc: { name: `${name}_asc`, text: compose('ASC') },
    desc: { name: `${name}_desc`, text: compose('DESC') },
  };
}
