// How a completion is read from the tables, and what its filters are.

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

/** What `readCompletion` reads, of the table `completions` under the name `c`. */
export const COMPLETION_COLUMNS = `c.project, c.id, c.status, c.requested_model AS "requestedModel", c.model, c.upstream,
  c.upstream_id AS "upstreamId", c.request_id AS "requestId", c.metadata, c.prompt_tokens AS "promptTokens",
  c.completion_tokens AS "completionTokens", c.cached_tokens AS "cachedTokens", c.reasoning_tokens AS "reasoningTokens",
  c.first_byte_ms AS "firstByteMs", c.total_ms AS "totalMs", c.parameters, c.response`;

/** As the driver reads `COMPLETION_COLUMNS`. */
export interface CompletionRow extends Omit<StoredCompletion, 'metadata' | 'usage'> {
  readonly metadata: string;
  readonly promptTokens: number | null;
  readonly completionTokens: number | null;
  readonly cachedTokens: number | null;
  readonly reasoningTokens: number | null;
}

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
    response: row.response,
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
