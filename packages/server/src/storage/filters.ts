// What lists can be narrowed by. Every adapter has a row in its table `filters` for each filter of a completion.

import type { Metadata } from '@colloquy/client/contract';

import type { ListQuery, StoredCompletion } from './storage.ts';

export type Filter = readonly [name: string, value: string];

/** What every completion has: without a filter, lists walk this one. */
export const EVERYTHING: Filter = ['everything', ''];

/** Those of a completion. Models are alike whether they were asked for or answered. */
export function listFilters(
  completion: Pick<StoredCompletion, 'model' | 'requestedModel' | 'metadata'>,
): Filter[] {
  const { model, requestedModel, metadata } = completion;
  const models = model === requestedModel ? [model] : [model, requestedModel];
  return [...models.map(modelFilter), ...metadataFilters(metadata)];
}

export function metadataFilters(metadata: Metadata): Filter[] {
  return Object.entries(metadata).map(([key, value]) => [`metadata.${key}`, value]);
}

/** Those that everything in a list must have. */
export function queryFilters({ model, metadata = {} }: ListQuery): Filter[] {
  return [...metadataFilters(metadata), ...(model === undefined ? [] : [modelFilter(model)])];
}

function modelFilter(model: string): Filter {
  return ['model', model];
}
