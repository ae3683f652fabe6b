import type { Metadata } from '@colloquy/client/contract';

import type { RetentionRule } from '../config/config.ts';
import type { CompletionLabels, Storage } from '../storage/storage.ts';
import { deleteInSteps, walkLabels } from '../storage/walk-labels.ts';

/**
 * Deletes what the rules say has been kept long enough at `nowMs`, in ms since 1970. Of several rules that match a
 * completion, the first counts. Returns how many were deleted, also if `signal` ended it.
 */
export async function sweep(
  storage: Storage,
  rules: readonly RetentionRule[],
  nowMs: number,
  signal?: AbortSignal,
): Promise<number> {
  let deleted = 0;
  for (const project of await storage.listProjects()) {
    const own = rules.filter((rule) => rule.project === undefined || rule.project === project);
    for (const [index, { metadata, keepMs }] of own.entries()) {
      if (keepMs === Infinity) continue;
      const due = walkLabels(storage, project, { metadata, createdBeforeMs: nowMs - keepMs });
      deleted += await deleteInSteps(storage, project, pick(due, own.slice(0, index), signal));
    }
  }
  return deleted;
}

/** Those for which no earlier rule counts; none any more once `signal` ended it. */
async function* pick(
  found: AsyncIterable<CompletionLabels>,
  earlier: readonly RetentionRule[],
  signal?: AbortSignal,
): AsyncGenerator<CompletionLabels, void> {
  for await (const labels of found) {
    if (signal?.aborted) return;
    if (!earlier.some((rule) => hasPairs(labels.metadata, rule.metadata))) yield labels;
  }
}

function hasPairs(metadata: Metadata, pairs: Metadata): boolean {
  return Object.entries(pairs).every(([key, value]) => metadata[key] === value);
}
