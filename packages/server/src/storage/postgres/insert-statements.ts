// How records get into the tables: many by one statement, which is one commit and costs little more than one record.

import { hash } from 'node:crypto';

import { spellMetadata } from '../spell-metadata.ts';
import type { CompletionRecord, IdempotencyKey } from '../storage.ts';
import { encodeArray, writeArray, type ArrayType, type Value } from './arrays.ts';
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
  readonly completion: readonly Value[];
  readonly filters: ReadonlyArray<readonly Value[]>;
  readonly keys: ReadonlyArray<readonly Value[]>;
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
    )
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
    )
    INSERT INTO filters (${listNames(FILTERS)})
    SELECT * FROM ${FILTER_ARRAYS} WHERE EXISTS (SELECT FROM taken)`,
};

/** Takes what `toCompletionValues` returns. Finds the numbers, from 1, of those that are kept. */
export const FIND_KEPT = {
  name: 'find_kept',
  text: `SELECT given.number
    FROM ${COMPLETION_ARRAYS} WITH ORDINALITY AS given (${listNames(COMPLETIONS)}, number)
    JOIN completions USING (project, id, request_sha256, response_sha256)`,
};

export function writeInsertValues(writer: ByteWriter, rows: readonly Rows[]): void {
  for (const { type, values } of listInsertArrays(rows)) {
    const start = writer.beginSized();
    writeArray(writer, type, values);
    writer.endSized(start);
  }
}

export function toInsertValues(rows: readonly Rows[]): Buffer[] {
  return listInsertArrays(rows).map(({ type, values }) => encodeArray(type, values));
}

export function toCompletionValues(rows: readonly Rows[]): Buffer[] {
  return listCompletionArrays(rows).map(({ type, values }) => encodeArray(type, values));
}

/** What a column gets, row by row. */
interface ColumnValues {
  readonly type: ArrayType;
  readonly values: readonly Value[];
}

function listInsertArrays(rows: readonly Rows[]): ColumnValues[] {
  return [
    ...listCompletionArrays(rows),
    ...listArrays(
      FILTERS,
      rows.flatMap(({ filters }) => filters),
    ),
    ...listArrays(
      KEYS,
      rows.flatMap(({ keys }) => keys),
    ),
  ];
}

function listCompletionArrays(rows: readonly Rows[]): ColumnValues[] {
  return listArrays(
    COMPLETIONS,
    rows.map(({ completion }) => completion),
  );
}

function listArrays(columns: readonly Column[], rows: ReadonlyArray<readonly Value[]>): ColumnValues[] {
  return columns.map(({ type }, index) => ({ type, values: rows.map((row) => row[index]!) }));
}

/** Makes rows of arrays, which are parameters from the number `first` on. */
function composeArrays(columns: readonly Column[], first: number): string {
  return `unnest(${columns.map(({ type }, index) => `$${first + index}::${type}[]`).join(', ')})`;
}

function listNames(columns: readonly Column[]): string {
  return columns.map(({ name }) => name).join(', ');
}
