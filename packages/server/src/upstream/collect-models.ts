import type { Model } from '@colloquy/client/contract';

import { servesModel, type ModelRoute } from './route-models.ts';

/** An upstream that does not say by then is left out. */
const TIMEOUT_MS = 5000;

interface Log {
  warn(details: object, message: string): void;
}

/** The models of all upstreams that answer, each where requests for it would go. */
export async function collectModels(routes: readonly ModelRoute[], log: Log): Promise<Model[]> {
  const lists = await Promise.all(routes.map((route) => listOwnModels(route, log)));
  const models = new Map<string, Model>();
  for (const model of lists.flat()) if (!models.has(model.id)) models.set(model.id, model);
  return [...models.values()];
}

async function listOwnModels(route: ModelRoute, log: Log): Promise<Model[]> {
  try {
    const models = await route.upstream.listModels(AbortSignal.timeout(TIMEOUT_MS));
    return models.filter((model) => servesModel(route, model.id));
  } catch (error) {
    log.warn({ err: error, upstream: route.upstream.name }, 'the upstream does not list its models');
    return [];
  }
}
