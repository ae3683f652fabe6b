// How a completion lies in the table.

import type { JsonBytes } from '../../json/members.ts';
import { readMetadata } from '../spell-metadata.ts';
import type { StoredCompletion, TokenUsage } from '../storage.ts';
import type { Connection } from './connection.ts';
import { decodeTexts } from './text-codec.ts';

/** What `readCompletions` reads, of the table `completions` under the name `c`. */
export const COMPLETION_COLUMNS = `c.project, c.id, c.status, c.requested_model AS requestedModel, c.model, c.upstream,
  c.upstream_id AS upstreamId, c.request_id AS requestId, c.metadata, c.prompt_tokens AS promptTokens,
  c.completion_tokens AS completionTokens, c.cached_tokens AS cachedTokens, c.reasoning_tokens AS reasoningTokens,
  c.first_byte_ms AS firstByteMs, c.total_ms AS totalMs, c.parameters, c.response`;

type Row = Record<string, unknown>;

/** Throws if a response is damaged so that it cannot be read, and says whose. */
export function readCompletions(rows: readonly Row[]): StoredCompletion[] {
  const responses = decodeResponses(rows);
  return rows.map((row, index) => readRow(row, responses[index]!));
}

function decodeResponses(rows: readonly Row[]): JsonBytes[] {
  try {
    return decodeTexts(rows.map(({ response }) => response as Uint8Array));
  } catch (cause) {
    if (rows.length > 1) return rows.flatMap((row) => decodeResponses([row]));
    throw new Error(`${String(rows[0]?.['id'])} is damaged, as \`colloquy verify\` tells as well`, { cause });
  }
}

/**
 * The cast restates the schema: the tables are STRICT, and only the writer writes them. Each member is named, since to
 * spread what SQLite returns takes longer than to read it.
 */
function readRow(row: Row, response: JsonBytes): StoredCompletion {
  const columns = row as unknown as Columns;
  return {
    project: columns.project,
    id: columns.id,
    status: columns.status,
    requestedModel: columns.requestedModel,
    model: columns.model,
    upstream: columns.upstream,
    upstreamId: columns.upstreamId,
    requestId: columns.requestId,
    parameters: columns.parameters,
    response,
    metadata: readMetadata(columns.metadata),
    usage: {
      promptTokens: columns.promptTokens,
      completionTokens: columns.completionTokens,
      cachedTokens: columns.cachedTokens,
      reasoningTokens: columns.reasoningTokens,
    },
    firstByteMs: columns.firstByteMs,
    totalMs: columns.totalMs,
  };
}

interface Columns extends Omit<StoredCompletion, 'metadata' | 'usage'>, TokenUsage {
  readonly metadata: string;
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
    .prepare(`SELECT c.seq, ${COMPLETION_COLUMNS} FROM completions c WHERE c.project = ? AND c.id = ?`)
    .get(project, id);
  if (found === undefined) return undefined;
  const { seq, ...row } = found;
  return { seq: Number(seq), completion: readCompletions([row])[0]! };
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
