// Many completions at once, found and deleted by little, so that whoever else uses the store hardly notices.

import { setTimeout as sleep } from 'node:timers/promises';

import { readMetadataVersion } from './spell-metadata.ts';
import type { CompletionStatus, LabelQuery, CompletionLabels, Storage } from './storage.ts';

export const STATUSES: readonly CompletionStatus[] = ['completed', 'interrupted', 'failed'];

const PAGE = 500;

/** How many are deleted at once: a few hundredths of a second, for which a write waits at most. */
const STEP = 4;

/** What a list can be narrowed by, of any status unless one is given. */
export type LabelFilter = Omit<LabelQuery, 'status' | 'after' | 'limit' | 'order'> & {
  readonly status?: CompletionStatus | undefined;
};

/** Every completion with these, by status and then by time. Deleting on the way is fine. */
export async function* walkLabels(
  storage: Storage,
  project: string,
  { status, ...filter }: LabelFilter,
): AsyncGenerator<CompletionLabels, void> {
  for (const each of status === undefined ? STATUSES : [status]) {
    let page: CompletionLabels[] = [];
    do {
      const after = page.at(-1)?.id;
      page = await storage.listLabels(project, { ...filter, status: each, after, limit: PAGE, order: 'asc' });
      yield* page;
    } while (page.length === PAGE);
  }
}

/**
 * Deletes those whose labels are still these. Half of the time is left to others. Returns how many were deleted.
 */
export async function deleteInSteps(
  storage: Storage,
  project: string,
  found: AsyncIterable<CompletionLabels>,
): Promise<number> {
  let deleted = 0;
  let step: CompletionLabels[] = [];
  const deleteStep = async (): Promise<void> => {
    const startMs = performance.now();
    const results = await Promise.all(
      step.map(({ id, metadata }) => storage.delete(project, id, [readMetadataVersion(metadata)])),
    );
    deleted += results.filter(Boolean).length;
    step = [];
    await sleep(performance.now() - startMs);
  };
  for await (const labels of found) {
    step.push(labels);
    if (step.length === STEP) await deleteStep();
  }
  if (step.length > 0) await deleteStep();
  return deleted;
}
