// How a completion is read from the tables, and what its filters are.

import { DatabaseError, type ClientBase } from 'pg';

import { EVERYTHING, listFilters, type Filter } from '../filters.ts';
import { readMetadata } from '../spell-metadata.ts';
import type { StoredCompletion } from '../storage.ts';
import { readText, spellKey } from './text.ts';

/** A filter as it lies in its table. */
export type SpelledFilter = readonly [name: string, value: string];

/** Those of a completion. */
export function spellFilters(
  completion: Pick<StoredCompletion, 'model' | 'requestedModel' | 'metadata'>,
): SpelledFilter[] {
  return [EVERYTHING, ...listFilters(completion)].map(spellFilter);
}

export function spellFilter([name, value]: Filter): SpelledFilter {
  return [spellKey(name), spellKey(value)];
}

/** As two arrays, for `unnest`. */
export function splitFilters(filters: readonly SpelledFilter[]): [names: string[], values: string[]] {
  return [filters.map(([name]) => name), filters.map(([, value]) => value)];
}

/** A response comes as text in two thirds of the time that it takes to spell bytes, and to read them again. */
const RESPONSE_AS_TEXT = "convert_from(c.response, 'UTF8') AS response";

/** What `queryCompletions` selects, of the table `completions` under the name `c`. */
export const COMPLETION_COLUMNS = `c.project, c.id, c.status, c.requested_model AS "requestedModel", c.model, c.upstream,
  c.upstream_id AS "upstreamId", c.request_id AS "requestId", c.metadata, c.prompt_tokens AS "promptTokens",
  c.completion_tokens AS "completionTokens", c.cached_tokens AS "cachedTokens", c.reasoning_tokens AS "reasoningTokens",
  c.first_byte_ms AS "firstByteMs", c.total_ms AS "totalMs", c.parameters, ${RESPONSE_AS_TEXT}`;

/** It is no UTF-8, or has a NUL in it. @see https://www.postgresql.org/docs/current/errcodes-appendix.html */
const NO_TEXT = '22021';

/** As the driver reads `COMPLETION_COLUMNS`. */
export interface CompletionRow extends Omit<StoredCompletion, 'response' | 'metadata' | 'usage'> {
  readonly response: string | Uint8Array;
  readonly metadata: string;
  readonly promptTokens: number | null;
  readonly completionTokens: number | null;
  readonly cachedTokens: number | null;
  readonly reasoningTokens: number | null;
}

/** Runs a statement that selects `COMPLETION_COLUMNS`. What is no text is read as bytes, with all that comes with it. */
export async function queryCompletions<T extends CompletionRow>(
  client: Pick<ClientBase, 'query'>,
  { name, text, values }: { name: string; text: string; values: unknown[] },
): Promise<T[]> {
  try {
    return (await client.query<T>({ name, text, values })).rows;
  } catch (error) {
    if (!(error instanceof DatabaseError) || error.code !== NO_TEXT) throw error;
    const asBytes = text.replace(RESPONSE_AS_TEXT, 'c.response');
    return (await client.query<T>({ name: `${name}_as_bytes`, text: asBytes, values })).rows;
  }
}

const ENCODER = new TextEncoder();

export function readCompletion(row: CompletionRow): StoredCompletion {
  return {
    project: readText(row.project),
    id: readText(row.id),
    status: row.status,
    requestedModel: readText(row.requestedModel),
    model: readText(row.model),
    upstream: readText(row.upstream),
    upstreamId: row.upstreamId && readText(row.upstreamId),
    requestId: readText(row.requestId),
    parameters: row.parameters,
    response: typeof row.response === 'string' ? ENCODER.encode(row.response) : row.response,
    metadata: readMetadata(row.metadata),
    usage: {
      promptTokens: row.promptTokens,
      completionTokens: row.completionTokens,
      cachedTokens: row.cachedTokens,
      reasoningTokens: row.reasoningTokens,
    },
    firstByteMs: row.firstByteMs,
    totalMs: row.totalMs,
  };
}
