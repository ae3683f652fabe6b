// Whether the tables are spread over a cluster as they should be, and whether statements ask the shards for no more than they
// need. Written by Citus' manual and source; it was never run on a cluster.
// @see https://docs.citusdata.com/en/stable/develop/api_metadata.html

import type { Client } from 'pg';

import { readErrorMessage } from '../../error-message.ts';
import { fault, fine, note, type Finding } from '../finding.ts';
import { INSERT } from './insert-statements.ts';
import { OPERATIONS, readPlan, type ExplainedStatement } from './plans.ts';

/** By which column each table is to be distributed: those by `id` together, so that a completion lies on one shard. */
const COLUMNS: Readonly<Record<string, string>> = {
  completions: 'id',
  filters: 'id',
  journal: 'id',
  texts: 'id',
  unindexed: 'id',
  idempotency_keys: 'key',
  attachments: 'sha256',
};

/** Those that know by what is distributed: all that is asked of a single completion, but for its insertion with others. */
const OF_ONE_SHARD: ReadonlySet<string> = new Set(
  Object.entries(OPERATIONS)
    .filter(([operation]) => operation !== 'listChatCompletions')
    .flatMap(([, statements]) => statements.map(({ name }) => name))
    .filter((name) => name !== INSERT.name),
);

/** Something of each type: Citus has to see what it chooses a shard by. */
const VALUES: ReadonlyMap<string, string> = new Map([
  ['text', "'x'"],
  ['text[]', "'{x}'"],
  ['bigint', '1'],
  ['integer', '1'],
  ['bigint[]', "'{1}'"],
  ['bytea', "'x'"],
  ['bytea[]', "'{x}'"],
  ['tsquery', "'x'"],
]);

/** Takes the names of tables. */
const READ_TABLES = `
  SELECT given.name, t.citus_table_type = 'distributed' AS "isDistributed", t.distribution_column AS "column",
    t.colocation_id::bigint AS colocation
  FROM unnest($1::text[]) WITH ORDINALITY AS given (name, place)
  LEFT JOIN citus_tables t ON t.table_name = to_regclass(given.name)
  ORDER BY place`;

/** Null where Citus knows nothing of the table. */
export interface CitusTable {
  readonly name: string;
  readonly isDistributed: boolean | null;
  readonly column: string | null;
  readonly colocation: number | null;
}

export interface CitusFindings {
  readonly findings: readonly Finding[];
  /** Whether any of our tables is. */
  readonly isDistributed: boolean;
}

export async function examineCitus(client: Client, version: string): Promise<CitusFindings> {
  try {
    const { rows: nodes } = await client.query<{ count: number }>(
      'SELECT count(*) AS count FROM pg_dist_node WHERE isactive AND shouldhaveshards',
    );
    const { rows: tables } = await client.query<CitusTable>(READ_TABLES, [Object.keys(COLUMNS)]);
    const isDistributed = tables.some((table) => table.isDistributed === true);
    return {
      findings: [
        fine(`Citus ${version}, with ${nodes[0]!.count} nodes for shards`),
        ...(isDistributed
          ? judgeTables(tables)
          : [note('the tables stay on this node: see docs/store.md before distributing them')]),
      ],
      isDistributed,
    };
  } catch (error) {
    return {
      findings: [fault(`Citus ${version} cannot be asked: ${readErrorMessage(error)}`)],
      isDistributed: false,
    };
  }
}

function judgeTables(tables: readonly CitusTable[]): Finding[] {
  const together = tables.find(({ name }) => name === 'completions')?.colocation;
  return tables.map(({ name, isDistributed, column, colocation }) => {
    const expected = COLUMNS[name]!;
    if (isDistributed !== true) {
      return fault(`${name}: not distributed, while others are. It should be, by ${expected}`);
    }
    if (column !== expected) return fault(`${name}: distributed by ${column}. It should be by ${expected}`);
    if (expected === 'id' && colocation !== together) {
      return fault(`${name}: not co-located with completions: a completion lies on several shards`);
    }
    return fine(`${name}: distributed by ${column}`);
  });
}

/** Of a statement on tables that are distributed. */
export async function examineDistributedPlan(
  client: Client,
  statement: ExplainedStatement,
): Promise<Finding> {
  try {
    const settings = [...(statement.settings ?? []), ['plan_cache_mode', 'force_custom_plan'] as const];
    const plan = await readPlan(client, { ...statement, settings }, (type) => VALUES.get(type) ?? 'NULL');
    return judgePlan(statement.name, plan);
  } catch (error) {
    return fault(`cannot be run: ${readErrorMessage(error)}`);
  }
}

/** What Citus adds to a plan. */
interface Job {
  readonly 'Task Count': number;
  readonly Tasks?: unknown;
  /** There are some if rows have to go from shard to shard. */
  readonly 'Dependent Jobs'?: unknown;
}

/** Takes the name of a statement, and what EXPLAIN tells of it. */
export function judgePlan(name: string, plan: unknown): Finding {
  const jobs = findMembers(plan, 'Job') as Job[];
  if (jobs.length === 0) return note('is planned on this node');
  if (jobs.some((job) => 'Dependent Jobs' in job)) return fault('joins rows of several shards');
  const tasks = Math.max(...jobs.map((job) => job['Task Count']));
  if (name === INSERT.name) return fine(`writes to ${tasks} shards`);
  if (OF_ONE_SHARD.has(name)) {
    return tasks === 1 ? fine('asks one shard') : fault(`asks ${tasks} shards for what lies on one`);
  }
  const isLimited = jobs.every((job) => findMembers(job.Tasks, 'Node Type').includes('Limit'));
  return isLimited
    ? fine(`asks ${tasks} shards for a page each`)
    : fault(`asks ${tasks} shards for all that they have: its limit is not pushed down`);
}

/** All members of that name, however deep. */
function findMembers(value: unknown, name: string): unknown[] {
  if (typeof value !== 'object' || value === null) return [];
  return Object.entries(value).flatMap(([key, member]) => [
    ...(key === name ? [member] : []),
    ...findMembers(member, name),
  ]);
}
