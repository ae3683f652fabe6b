// How records get into the tables: many by one statement, which is one commit and costs little more than one record.

import { hash } from 'node:crypto';

import { spellMetadata } from '../spell-metadata.ts';
import type { CompletionRecord, IdempotencyKey } from '../storage.ts';
import { encodeColumn, writeColumn, type ArrayType, type Row, type Value } from './arrays.ts';
import type { ByteWriter } from './byte-writer.ts';
import { spellFilters } from './rows.ts';
import { spellKey, spellText } from './text.ts';
import type { WriteStatement } from './write-query.ts';

interface Column {
  readonly name: string;
  readonly type: ArrayType;
}

interface CompletionColumn extends Column {
  readonly spell: (record: CompletionRecord, key: IdempotencyKey | undefined) => Value;
}

/** Without `revision`, which begins at its default. */
const COMPLETIONS: readonly CompletionColumn[] = [
  { name: 'project', type: 'text', spell: ({ project }) => spellText(project) },
  { name: 'id', type: 'text', spell: ({ id }) => spellText(id) },
  { name: 'status', type: 'text', spell: ({ status }) => spellText(status) },
  { name: 'requested_model', type: 'text', spell: ({ requestedModel }) => spellText(requestedModel) },
  { name: 'model', type: 'text', spell: ({ model }) => spellText(model) },
  { name: 'upstream', type: 'text', spell: ({ upstream }) => spellText(upstream) },
  { name: 'upstream_id', type: 'text', spell: ({ upstreamId }) => upstreamId && spellText(upstreamId) },
  { name: 'request_id', type: 'text', spell: ({ requestId }) => spellText(requestId) },
  { name: 'metadata', type: 'text', spell: ({ metadata }) => spellMetadata(metadata) },
  { name: 'idempotency_key', type: 'text', spell: (_, key) => (key ? spellKey(key.value) : null) },
  { name: 'prompt_tokens', type: 'bigint', spell: ({ usage }) => spellInteger(usage.promptTokens) },
  { name: 'completion_tokens', type: 'bigint', spell: ({ usage }) => spellInteger(usage.completionTokens) },
  { name: 'cached_tokens', type: 'bigint', spell: ({ usage }) => spellInteger(usage.cachedTokens) },
  { name: 'reasoning_tokens', type: 'bigint', spell: ({ usage }) => spellInteger(usage.reasoningTokens) },
  { name: 'first_byte_ms', type: 'bigint', spell: ({ firstByteMs }) => spellInteger(firstByteMs) },
  { name: 'total_ms', type: 'bigint', spell: ({ totalMs }) => spellInteger(totalMs) },
  { name: 'request_sha256', type: 'bytea', spell: ({ request }) => hash('sha256', request, 'buffer') },
  { name: 'response_sha256', type: 'bytea', spell: ({ response }) => hash('sha256', response, 'buffer') },
  { name: 'parameters', type: 'bytea', spell: ({ parameters }) => parameters },
  { name: 'response', type: 'bytea', spell: ({ response }) => response },
  { name: 'request', type: 'bytea', spell: ({ request }) => request },
];

const FILTERS: readonly Column[] = [
  { name: 'project', type: 'text' },
  { name: 'name', type: 'text' },
  { name: 'value', type: 'text' },
  { name: 'status', type: 'text' },
  { name: 'id', type: 'text' },
];

const KEYS: readonly Column[] = [
  { name: 'project', type: 'text' },
  { name: 'key', type: 'text' },
  { name: 'id', type: 'text' },
  { name: 'expires_at_ms', type: 'bigint' },
];

/** What a record puts into the tables. */
export interface Rows {
  readonly completion: Row;
  readonly filters: readonly Row[];
  readonly keys: readonly Row[];
  /** How large it is, about. */
  readonly bytes: number;
}

/** Throws `TypeError` or `RangeError` if the record holds what no column can. */
export function toRows(record: CompletionRecord, key?: IdempotencyKey): Rows {
  const [project = '', status = '', id = ''] = [record.project, record.status, record.id].map(spellText);
  return {
    completion: COMPLETIONS.map(({ spell }) => spell(record, key)),
    filters: spellFilters(record).map((filter) => [project, ...filter, status, id]),
    keys: key === undefined ? [] : [[project, spellKey(key.value), id, key.expiresAtMs]],
    bytes: record.request.byteLength + record.response.byteLength,
  };
}

function spellInteger(value: number | null): number | null {
  if (value !== null && !Number.isSafeInteger(value))
    throw new RangeError(`must be an integer, not ${value}`);
  return value;
}

const COMPLETION_ARRAYS = composeArrays(COMPLETIONS, 1);
const FILTER_ARRAYS = composeArrays(FILTERS, 1 + COMPLETIONS.length);
const KEY_ARRAYS = composeArrays(KEYS, 1 + COMPLETIONS.length + FILTERS.length);

/** Of those that are kept, nothing needs to be noted any longer. */
const REMOVE_NOTES = `noted AS (
      DELETE FROM journal j USING kept k WHERE j.project = k.project AND j.id = k.id
    )`;

/** Takes what `writeInsertValues` writes. Fails if a key is held, even by what has expired. */
export const INSERT: WriteStatement = {
  name: 'insert',
  parameters: COMPLETIONS.length + FILTERS.length + KEYS.length,
  text: `WITH kept AS (
      INSERT INTO completions (${listNames(COMPLETIONS)}) SELECT * FROM ${COMPLETION_ARRAYS}
      RETURNING project, id
    ), unread AS (
      INSERT INTO unindexed (project, id) SELECT project, id FROM kept
    ), taken AS (
      INSERT INTO idempotency_keys (${listNames(KEYS)}) SELECT * FROM ${KEY_ARRAYS}
    ), ${REMOVE_NOTES}
    INSERT INTO filters (${listNames(FILTERS)}) SELECT * FROM ${FILTER_ARRAYS}`,
};

/**
 * Takes what `toInsertValues` returns of one record that has a key, and what time it is, in ms since 1970. Inserts nothing
 * at all if another completion holds the key.
 */
export const INSERT_UNLESS_HELD = {
  name: 'insert_unless_held',
  text: `WITH taken AS (
      INSERT INTO idempotency_keys AS k (${listNames(KEYS)}) SELECT * FROM ${KEY_ARRAYS}
      ON CONFLICT (project, key) DO UPDATE SET id = excluded.id, expires_at_ms = excluded.expires_at_ms
        WHERE k.expires_at_ms <= $${1 + COMPLETIONS.length + FILTERS.length + KEYS.length}
      RETURNING id
    ), kept AS (
      INSERT INTO completions (${listNames(COMPLETIONS)})
      SELECT * FROM ${COMPLETION_ARRAYS} WHERE EXISTS (SELECT FROM taken)
      RETURNING project, id
    ), unread AS (
      INSERT INTO unindexed (project, id) SELECT project, id FROM kept
    ), ${REMOVE_NOTES}
    INSERT INTO filters (${listNames(FILTERS)})
    SELECT * FROM ${FILTER_ARRAYS} WHERE EXISTS (SELECT FROM taken)`,
};

/** Takes what `toRecoverValues` returns. Inserts nothing at all if there are no notes by which it was found, or it is kept. */
export const RECOVER = {
  name: 'recover',
  text: `WITH given AS (
      SELECT * FROM ${COMPLETION_ARRAYS} AS given (${listNames(COMPLETIONS)})
    ), noted AS (
      DELETE FROM journal j USING given g WHERE j.project = g.project AND j.id = g.id RETURNING j.number
    ), kept AS (
      INSERT INTO completions (${listNames(COMPLETIONS)})
      SELECT * FROM given WHERE EXISTS (SELECT FROM noted WHERE number = 0)
      ON CONFLICT DO NOTHING RETURNING project, id
    ), unread AS (
      INSERT INTO unindexed (project, id) SELECT project, id FROM kept
    )
    INSERT INTO filters (${listNames(FILTERS)})
    SELECT * FROM ${FILTER_ARRAYS} WHERE EXISTS (SELECT FROM kept)`,
};

/** Takes what `toCompletionValues` returns. Finds the numbers, from 1, of those that are kept. */
export const FIND_KEPT = {
  name: 'find_kept',
  text: `SELECT given.number
    FROM ${COMPLETION_ARRAYS} WITH ORDINALITY AS given (${listNames(COMPLETIONS)}, number)
    JOIN completions USING (project, id, request_sha256, response_sha256)`,
};

export function writeInsertValues(writer: ByteWriter, rows: readonly Rows[]): void {
  for (const table of listTables(rows)) {
    for (const [column, { type }] of table.columns.entries()) {
      const start = writer.beginSized();
      writeColumn(writer, type, table.rows, column);
      writer.endSized(start);
    }
  }
}

export function toInsertValues(rows: readonly Rows[]): Buffer[] {
  return listTables(rows).flatMap(encodeTable);
}

/** Of a record without a key. */
export function toRecoverValues({ completion, filters }: Rows): Buffer[] {
  return [
    ...encodeTable({ columns: COMPLETIONS, rows: [completion] }),
    ...encodeTable({ columns: FILTERS, rows: filters }),
  ];
}

export function toCompletionValues(rows: readonly Rows[]): Buffer[] {
  return encodeTable({ columns: COMPLETIONS, rows: rows.map(({ completion }) => completion) });
}

/** What a table gets. */
interface TableRows {
  readonly columns: readonly Column[];
  readonly rows: readonly Row[];
}

function listTables(rows: readonly Rows[]): TableRows[] {
  return [
    { columns: COMPLETIONS, rows: rows.map(({ completion }) => completion) },
    { columns: FILTERS, rows: rows.flatMap(({ filters }) => filters) },
    { columns: KEYS, rows: rows.flatMap(({ keys }) => keys) },
  ];
}

function encodeTable({ columns, rows }: TableRows): Buffer[] {
  return columns.map(({ type }, column) => encodeColumn(type, rows, column));
}

/** Makes rows of arrays, which are parameters from the number `first` on. */
function composeArrays(columns: readonly Column[], first: number): string {
  return `unnest(${columns.map(({ type }, index) => `$${first + index}::${type}[]`).join(', ')})`;
}

function listNames(columns: readonly Column[]): string {
  return columns.map(({ name }) => name).join(', ');
}
