// How the database would find what the store asks for.

import type { ClientBase } from 'pg';

import {
  COUNT_USES,
  FIND_ATTACHMENT,
  GET_REQUEST,
  KEEP_ATTACHMENT,
  RELEASE_ATTACHMENT,
  REMOVE_ATTACHMENT,
} from './attachments.ts';
import { DELETE, FIND, UPDATE } from './changes.ts';
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
  getChatCompletionMessages: [FIND, GET_REQUEST, FIND_ATTACHMENT],
  updateChatCompletion: [FIND, UPDATE],
  deleteChatCompletion: [FIND, DELETE, RELEASE_ATTACHMENT, REMOVE_ATTACHMENT],
};

/** The plan that is used for any parameters, where the connection has our settings: all steps, the last of them first. */
export async function explain(
  client: Pick<ClientBase, 'query'>,
  { name, text, settings = [] }: ExplainedStatement,
): Promise<Step[]> {
  const count = Math.max(0, ...Array.from(text.matchAll(/\$(\d+)/g), ([, number]) => Number(number)));
  const values = count === 0 ? '' : `(${Array.from({ length: count }, () => 'NULL').join(', ')})`;
  await client.query(`PREPARE explained_${name} AS ${text}`);
  await client.query('BEGIN');
  try {
    for (const setting of settings) await client.query('SELECT set_config($1, $2, true)', [...setting]);
    const { rows } = await client.query<{ 'QUERY PLAN': Array<{ Plan: Step }> }>(
      `EXPLAIN (FORMAT JSON) EXECUTE explained_${name} ${values}`,
    );
    return rows[0]!['QUERY PLAN'].flatMap(({ Plan }) => flatten(Plan));
  } finally {
    await client.query('ROLLBACK');
    await client.query(`DEALLOCATE explained_${name}`);
  }
}

function flatten(step: Step): Step[] {
  return [step, ...(step.Plans ?? []).flatMap(flatten)];
}
