// What changes or removes a completion that is kept. Its rows in `filters` are told by what it was when it was read: if
// someone else changed it since, nothing happens and it is read again.

import type { Metadata } from '@colloquy/client/contract';
import type { Pool } from 'pg';

import { metadataFilters } from '../filters.ts';
import { readMetadata, readMetadataVersion, spellMetadata } from '../spell-metadata.ts';
import type { StoredCompletion } from '../storage.ts';
import { releaseAttachments } from './attachments.ts';
import {
  COMPLETION_COLUMNS,
  queryCompletions,
  readCompletion,
  spellFilter,
  spellFilters,
  splitFilters,
  type CompletionRow,
  type SpelledFilter,
} from './rows.ts';
import { readText, spellText } from './text.ts';
import { useTransaction, type Queries } from './transaction.ts';

export const FIND = {
  name: 'find',
  text: `SELECT ${COMPLETION_COLUMNS}, c.revision FROM completions c WHERE c.project = $1 AND c.id = $2`,
};

/** Reads no text: also a completion whose texts are damaged can be deleted. */
export const FIND_LABELS = {
  name: 'find_labels',
  text: `SELECT c.status, c.requested_model AS "requestedModel", c.model, c.metadata, c.revision,
      c.request_attachments AS places
    FROM completions c WHERE c.project = $1 AND c.id = $2`,
};

/** The rows of `filters` that a statement on one completion, named `changed`, removes with it. */
const REMOVE_FILTERS = `DELETE FROM filters f USING changed c, unnest($4::text[], $5::text[]) AS old (name, value)
  WHERE f.project = c.project AND f.name = old.name AND f.value = old.value AND f.status = c.status AND f.id = c.id`;

/** Takes project, id, revision; names and values of filters to remove, and to add; the metadata. */
export const UPDATE = {
  name: 'update',
  text: `WITH changed AS (
      UPDATE completions SET metadata = $8, revision = revision + 1
      WHERE project = $1 AND id = $2 AND revision = $3 RETURNING project, id, status
    ), removed AS (${REMOVE_FILTERS}), added AS (
      INSERT INTO filters (project, name, value, status, id)
      SELECT c.project, new.name, new.value, c.status, c.id
      FROM changed c, unnest($6::text[], $7::text[]) AS new (name, value)
    )
    SELECT FROM changed`,
};

/** Takes project, id, revision; names and values of filters to remove. */
export const DELETE = {
  name: 'delete',
  text: `WITH changed AS (
      DELETE FROM completions
      WHERE project = $1 AND id = $2 AND revision = $3 RETURNING project, id, status, idempotency_key
    ), removed AS (${REMOVE_FILTERS}), forgotten AS (
      DELETE FROM unindexed u USING changed c WHERE u.project = c.project AND u.id = c.id
    ), noted AS (
      DELETE FROM journal j USING changed c WHERE j.project = c.project AND j.id = c.id
    ), released AS (
      DELETE FROM idempotency_keys k USING changed c
      WHERE k.project = c.project AND k.key = c.idempotency_key AND k.id = c.id
    )
    SELECT FROM changed`,
};

export interface FoundCompletion {
  readonly completion: StoredCompletion;
  /** How often it was changed. */
  readonly revision: number;
}

export async function findCompletion(
  queries: Queries,
  project: string,
  id: string,
): Promise<FoundCompletion | undefined> {
  const values = [spellText(project), spellText(id)];
  const [row] = await queryCompletions<CompletionRow & { revision: number }>(queries, { ...FIND, values });
  return row && { completion: readCompletion(row), revision: row.revision };
}

/** What a completion is listed by, and what goes with it. */
interface Labels extends Pick<StoredCompletion, 'status' | 'requestedModel' | 'model' | 'metadata'> {
  readonly revision: number;
  /** Of its attachments. */
  readonly places: Uint8Array | null;
}

async function findLabels(queries: Queries, project: string, id: string): Promise<Labels | undefined> {
  const values = [spellText(project), spellText(id)];
  const { rows } = await queries.query<Labels & { metadata: string }>({ ...FIND_LABELS, values });
  const [row] = rows;
  return (
    row && {
      ...row,
      requestedModel: readText(row.requestedModel),
      model: readText(row.model),
      metadata: readMetadata(row.metadata),
    }
  );
}

/** See `Storage`. */
export async function updateMetadata(
  pool: Pool,
  project: string,
  id: string,
  metadata: Metadata,
  versions?: readonly string[],
): Promise<StoredCompletion | 'changed' | undefined> {
  const after = metadataFilters(metadata).map(spellFilter);
  for (;;) {
    const found = await findCompletion(pool, project, id);
    if (found === undefined) return undefined;
    if (!isOneOf(found.completion, versions)) return 'changed';
    const before = metadataFilters(found.completion.metadata).map(spellFilter);
    const { rowCount } = await pool.query({
      ...UPDATE,
      values: [
        spellText(project),
        spellText(id),
        found.revision,
        ...splitFilters(without(before, after)),
        ...splitFilters(without(after, before)),
        spellMetadata(metadata),
      ],
    });
    if (rowCount === 1) return { ...found.completion, metadata };
  }
}

/** See `Storage`. */
export async function deleteCompletion(
  pool: Pool,
  project: string,
  id: string,
  versions?: readonly string[],
): Promise<boolean> {
  for (;;) {
    const labels = await findLabels(pool, project, id);
    if (labels === undefined || !isOneOf(labels, versions)) return false;
    const isDeleted =
      labels.places === null
        ? await deleteFound(pool, project, id, labels)
        : await useTransaction(pool, (client) => deleteFound(client, project, id, labels));
    if (isDeleted) return true;
  }
}

/** To be called in a transaction. Returns whether there was one to delete. */
export async function deleteInterrupted(queries: Queries, project: string, id: string): Promise<boolean> {
  const labels = await findLabels(queries, project, id);
  return labels?.status === 'interrupted' && (await deleteFound(queries, project, id, labels));
}

/** To be called in a transaction, if it has attachments. Returns false if it was changed or deleted since. */
async function deleteFound(queries: Queries, project: string, id: string, labels: Labels): Promise<boolean> {
  const filters = splitFilters(spellFilters(labels));
  const values = [spellText(project), spellText(id), labels.revision, ...filters];
  const { rowCount } = await queries.query({ ...DELETE, values });
  if (rowCount === 1 && labels.places !== null) await releaseAttachments(queries, project, labels.places);
  return rowCount === 1;
}

function without(filters: readonly SpelledFilter[], others: readonly SpelledFilter[]): SpelledFilter[] {
  return filters.filter(([name, value]) => !others.some((other) => other[0] === name && other[1] === value));
}

/** Every version will do where none is given. */
function isOneOf(
  { metadata }: Pick<StoredCompletion, 'metadata'>,
  versions: readonly string[] | undefined,
): boolean {
  return versions === undefined || versions.includes(readMetadataVersion(metadata));
}
