// How a completion lies in the table.

import type { JsonBytes } from '../../json/members.ts';
import { readMetadata } from '../spell-metadata.ts';
import type { CompletionStatus, StoredCompletion } from '../storage.ts';
import type { Connection } from './connection.ts';
import { decodeTexts } from './text-codec.ts';

/** What `readCompletions` reads, of the table `completions` under the name `c`. */
export const COMPLETION_COLUMNS = `c.id, c.response, c.project, c.status, c.requested_model, c.model, c.upstream,
  c.upstream_id, c.request_id, c.parameters, c.metadata, c.prompt_tokens, c.completion_tokens, c.cached_tokens,
  c.reasoning_tokens, c.first_byte_ms, c.total_ms`;

/** Those columns in their order. It restates the schema: the tables are STRICT, and only the writer writes them. */
export type CompletionRow = readonly [
  id: string,
  response: Uint8Array,
  project: string,
  status: CompletionStatus,
  requestedModel: string,
  model: string,
  upstream: string,
  upstreamId: string | null,
  requestId: string,
  parameters: Uint8Array,
  metadata: string,
  promptTokens: number | null,
  completionTokens: number | null,
  cachedTokens: number | null,
  reasoningTokens: number | null,
  firstByteMs: number | null,
  totalMs: number,
];

/** Throws if a response is damaged so that it cannot be read, and says whose. */
export function readCompletions(rows: readonly CompletionRow[]): StoredCompletion[] {
  const responses = decodeResponses(rows);
  return rows.map((row, index) => readRow(row, responses[index]!));
}

function decodeResponses(rows: readonly CompletionRow[]): JsonBytes[] {
  try {
    return decodeTexts(rows.map(([, response]) => response));
  } catch (cause) {
    if (rows.length > 1) return rows.flatMap((row) => decodeResponses([row]));
    throw new Error(`${rows[0]?.[0]} is damaged, as \`colloquy verify\` tells as well`, { cause });
  }
}

function readRow(row: CompletionRow, response: JsonBytes): StoredCompletion {
  const [
    id,
    ,
    project,
    status,
    requestedModel,
    model,
    upstream,
    upstreamId,
    requestId,
    parameters,
    metadata,
    promptTokens,
    completionTokens,
    cachedTokens,
    reasoningTokens,
    firstByteMs,
    totalMs,
  ] = row;
  return {
    project,
    id,
    status,
    requestedModel,
    model,
    upstream,
    upstreamId,
    requestId,
    parameters,
    response,
    metadata: readMetadata(metadata),
    usage: { promptTokens, completionTokens, cachedTokens, reasoningTokens },
    firstByteMs,
    totalMs,
  };
}

export interface NumberedCompletion {
  /** The key of its row. */
  readonly seq: number;
  readonly completion: StoredCompletion;
}

export function findCompletion(
  connection: Connection,
  project: string,
  id: string,
): NumberedCompletion | undefined {
  const found = connection
    .prepareRows(`SELECT c.seq, ${COMPLETION_COLUMNS} FROM completions c WHERE c.project = ? AND c.id = ?`)
    .get(project, id) as readonly [seq: number, ...row: CompletionRow] | undefined;
  if (found === undefined) return undefined;
  const [seq, ...row] = found;
  return { seq, completion: readCompletions([row])[0]! };
}

/** What a completion is listed by, and what goes with it. */
export interface Labels extends Pick<
  StoredCompletion,
  'project' | 'id' | 'status' | 'model' | 'requestedModel' | 'metadata'
> {
  readonly seq: number;
  /** Of its attachments. */
  readonly places: Uint8Array | null;
}

/** Reads no text: also a completion whose texts are damaged can be deleted. */
export function findLabels(connection: Connection, project: string, id: string): Labels | undefined {
  const row = connection
    .prepare(
      `SELECT seq, project, id, status, model, requested_model AS requestedModel, metadata,
         request_attachments AS places
       FROM completions WHERE project = ? AND id = ?`,
    )
    .get(project, id);
  return row && ({ ...row, metadata: readMetadata(row['metadata'] as string) } as Labels);
}
