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
import { COUNTS, LISTS, SEARCHES_BY_FILTER, SEARCHES_BY_WORDS, type Statement } from './lists.ts';

/** A step of a plan, as EXPLAIN tells it. */
export interface Step {
  readonly 'Node Type': string;
  readonly 'Relation Name'?: string;
  readonly 'Index Name'?: string;
  readonly 'Index Cond'?: string;
  readonly Alias?: string;
  readonly Plans?: readonly Step[];
}

/** What each operation asks, by its operation id. */
export const OPERATIONS: Readonly<Record<string, readonly Statement[]>> = {
  createChatCompletion: [INSERT, COUNT_USES, KEEP_ATTACHMENT],
  listChatCompletions: [LISTS.asc, LISTS.desc, COUNTS, SEARCHES_BY_FILTER.desc, SEARCHES_BY_WORDS.desc],
  getChatCompletion: [FIND],
  getChatCompletionMessages: [FIND, GET_REQUEST, FIND_ATTACHMENT],
  updateChatCompletion: [FIND, UPDATE],
  deleteChatCompletion: [FIND, DELETE, RELEASE_ATTACHMENT, REMOVE_ATTACHMENT],
};

/** The plan that is used for any parameters, where the connection has our settings: all steps, the last of them first. */
export async function explain(client: Pick<ClientBase, 'query'>, statement: Statement): Promise<Step[]> {
  const { name, text } = statement;
  const count = Math.max(0, ...Array.from(text.matchAll(/\$(\d+)/g), ([, number]) => Number(number)));
  const values = count === 0 ? '' : `(${Array.from({ length: count }, () => 'NULL').join(', ')})`;
  await client.query(`PREPARE explained_${name} AS ${text}`);
  try {
    const { rows } = await client.query<{ 'QUERY PLAN': Array<{ Plan: Step }> }>(
      `EXPLAIN (FORMAT JSON) EXECUTE explained_${name} ${values}`,
    );
    return rows[0]!['QUERY PLAN'].flatMap(({ Plan }) => flatten(Plan));
  } finally {
    await client.query(`DEALLOCATE explained_${name}`);
  }
}

function flatten(step: Step): Step[] {
  return [step, ...(step.Plans ?? []).flatMap(flatten)];
}
