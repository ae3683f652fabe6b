// How records get into the tables: many by one statement, which is one commit and costs little more than one record.

import { hash } from 'node:crypto';

import { detachInSteps, type Attachment, type Detached } from '../attachments.ts';
import { spellMetadata } from '../spell-metadata.ts';
import { hashInSteps, type Steps } from '../steps.ts';
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
  readonly spell: (prepared: Prepared) => Value;
}

/** A record, and what was made of it. */
interface Prepared {
  readonly record: CompletionRecord;
  readonly key: IdempotencyKey | undefined;
  /** In hex. */
  readonly requestHash: string;
  readonly detached: Detached | undefined;
}

/** Without `revision`, which begins at its default. */
const COMPLETIONS: readonly CompletionColumn[] = [
  { name: 'project', type: 'text', spell: ({ record }) => spellText(record.project) },
  { name: 'id', type: 'text', spell: ({ record }) => spellText(record.id) },
  { name: 'status', type: 'text', spell: ({ record }) => spellText(record.status) },
  { name: 'requested_model', type: 'text', spell: ({ record }) => spellText(record.requestedModel) },
  { name: 'model', type: 'text', spell: ({ record }) => spellText(record.model) },
  { name: 'upstream', type: 'text', spell: ({ record }) => spellText(record.upstream) },
  {
    name: 'upstream_id',
    type: 'text',
    spell: ({ record }) => record.upstreamId && spellText(record.upstreamId),
  },
  { name: 'request_id', type: 'text', spell: ({ record }) => spellText(record.requestId) },
  { name: 'metadata', type: 'text', spell: ({ record }) => spellMetadata(record.metadata) },
  { name: 'idempotency_key', type: 'text', spell: ({ key }) => (key ? spellKey(key.value) : null) },
  { name: 'prompt_tokens', type: 'bigint', spell: ({ record }) => spellInteger(record.usage.promptTokens) },
  {
    name: 'completion_tokens',
    type: 'bigint',
    spell: ({ record }) => spellInteger(record.usage.completionTokens),
  },
  { name: 'cached_tokens', type: 'bigint', spell: ({ record }) => spellInteger(record.usage.cachedTokens) },
  {
    name: 'reasoning_tokens',
    type: 'bigint',
    spell: ({ record }) => spellInteger(record.usage.reasoningTokens),
  },
  { name: 'first_byte_ms', type: 'bigint', spell: ({ record }) => spellInteger(record.firstByteMs) },
  { name: 'total_ms', type: 'bigint', spell: ({ record }) => spellInteger(record.totalMs) },
  { name: 'request_sha256', type: 'bytea', spell: ({ requestHash }) => requestHash },
  { name: 'response_sha256', type: 'bytea', spell: ({ record }) => hash('sha256', record.response) },
  { name: 'parameters', type: 'bytea', spell: ({ record }) => record.parameters },
  { name: 'response', type: 'bytea', spell: ({ record }) => record.response },
  { name: 'request', type: 'bytea', spell: ({ record, detached }) => detached?.rest ?? record.request },
  { name: 'request_attachments', type: 'bytea', spell: ({ detached }) => detached?.places ?? null },
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
  /** As the tables spell it. */
  readonly project: string;
  readonly attachments: readonly Attachment[];
  /** How large it is, about. */
  readonly bytes: number;
}

/** Throws `TypeError` or `RangeError` if the record holds what no column can. */
export function* toRows(record: CompletionRecord, key?: IdempotencyKey): Steps<Rows> {
  const requestHash = yield* hashInSteps(record.request);
  const detached = yield* detachInSteps(record.request);
  const prepared = { record, key, requestHash, detached };
  const [project = '', status = '', id = ''] = [record.project, record.status, record.id].map(spellText);
  return {
    completion: COMPLETIONS.map(({ spell }) => spell(prepared)),
    filters: spellFilters(record).map(([name, value]) => [project, name, value, status, id]),
    keys: key === undefined ? [] : [[project, spellKey(key.value), id, key.expiresAtMs]],
    project,
    attachments: detached?.attachments ?? [],
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
