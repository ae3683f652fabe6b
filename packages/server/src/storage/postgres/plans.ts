// How the database would find what the store asks for.

import type { ClientBase } from 'pg';

import {
  COUNT_USES,
  READ_ATTACHMENT,
  GET_REQUEST,
  KEEP_ATTACHMENT,
  RELEASE_ATTACHMENT,
  REMOVE_ATTACHMENT,
} from './attachments.ts';
import { DELETE, FIND, FIND_LABELS, UPDATE } from './changes.ts';
import { INSERT } from './insert-statements.ts';
import {
  COUNTS,
  LISTS,
  LISTS_OF_TWO,
  SEARCHES_BY_FILTER,
  SEARCHES_BY_WORDS,
  type Statement,
} from './lists.ts';
import { MEETING_SETTINGS, composeMeeting } from './migrations/006-meetings.ts';

/** A step of a plan, as EXPLAIN tells it. */
export interface Step {
  readonly 'Node Type': string;
  readonly 'Relation Name'?: string;
  readonly 'Index Name'?: string;
  readonly 'Index Cond'?: string;
  readonly Alias?: string;
  readonly Plans?: readonly Step[];
}

/** What is explained. */
export interface ExplainedStatement extends Statement {
  /** In force while it is planned, beside those of our connections. */
  readonly settings?: ReadonlyArray<readonly [name: string, value: string]>;
}

/** What happens within the function that `LISTS_OF_TWO` call. */
export const MEETING: ExplainedStatement = {
  name: 'meet_desc',
  text: composeMeeting('DESC'),
  settings: MEETING_SETTINGS,
};

/** What each operation asks, by its operation id. */
export const OPERATIONS: Readonly<Record<string, readonly ExplainedStatement[]>> = {
  createChatCompletion: [INSERT, COUNT_USES, KEEP_ATTACHMENT],
  listChatCompletions: [
    LISTS.asc,
    LISTS.desc,
    COUNTS,
    LISTS_OF_TWO.desc,
    MEETING,
    SEARCHES_BY_FILTER.desc,
    SEARCHES_BY_WORDS.desc,
  ],
  getChatCompletion: [FIND],
  getChatCompletionMessages: [FIND, GET_REQUEST, READ_ATTACHMENT],
  updateChatCompletion: [FIND, UPDATE],
  deleteChatCompletion: [FIND_LABELS, DELETE, RELEASE_ATTACHMENT, REMOVE_ATTACHMENT],
};

/** The plan that is used for any parameters, where the connection has our settings: all steps, the last of them first. */
export async function explain(
  client: Pick<ClientBase, 'query'>,
  statement: ExplainedStatement,
): Promise<Step[]> {
  return flatten(await readPlan(client, statement, () => 'NULL'));
}

/** What EXPLAIN tells of a statement. `spellValue` gives SQL for a parameter of that type. */
export async function readPlan(
  client: Pick<ClientBase, 'query'>,
  { name, text, settings = [] }: ExplainedStatement,
  spellValue: (type: string) => string,
): Promise<Step> {
  const prepared = `explained_${name}`;
  await client.query(`PREPARE ${prepared} AS ${text}`);
  await client.query('BEGIN');
  try {
    for (const setting of settings) await client.query('SELECT set_config($1, $2, true)', [...setting]);
    const { rows: found } = await client.query<{ types: string[] }>(
      'SELECT parameter_types::text[] AS types FROM pg_prepared_statements WHERE name = $1',
      [prepared],
    );
    const values = found[0]!.types.map(spellValue).join(', ');
    const { rows } = await client.query<{ 'QUERY PLAN': Array<{ Plan: Step }> }>(
      `EXPLAIN (FORMAT JSON) EXECUTE ${prepared} ${values && `(${values})`}`,
    );
    return rows[0]!['QUERY PLAN'][0]!.Plan;
  } finally {
    await client.query('ROLLBACK');
    await client.query(`DEALLOCATE ${prepared}`);
  }
}

function flatten(step: Step): Step[] {
  return [step, ...(step.Plans ?? []).flatMap(flatten)];
}
