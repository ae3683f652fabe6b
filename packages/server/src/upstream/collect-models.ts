import type { Model } from '@colloquy/client/contract';

import { AbortFlag } from '../abort-flag.ts';
import { servesModel, type ModelRoute } from './route-models.ts';
import { UpstreamError } from './upstream-error.ts';

/** An upstream that does not say by then is left out. */
const TIMEOUT_MS = 5000;

interface Log {
  warn(details: object, message: string): void;
}

/**
 * The models of all upstreams that answer, each where requests for it would go.
 *
 * Throws `UpstreamError` if none of them answers.
 */
export async function collectModels(routes: readonly ModelRoute[], log: Log): Promise<Model[]> {
  const lists = await Promise.allSettled(routes.map(listOwnModels));
  const models = new Map<string, Model>();
  for (const [index, list] of lists.entries()) {
    if (list.status === 'rejected') {
      log.warn(
        { err: list.reason, upstream: routes[index]?.upstream.name },
        'the upstream does not list its models',
      );
    } else {
      for (const model of list.value) if (!models.has(model.id)) models.set(model.id, model);
    }
  }
  if (lists.some(({ status }) => status === 'fulfilled')) return [...models.values()];
  throw new UpstreamError('no upstream lists its models', { isTimeout: false });
}

async function listOwnModels(route: ModelRoute): Promise<Model[]> {
  const abort = new AbortFlag();
  const tooLate = (): void =>
    abort.abort(new UpstreamError(`the list did not come within ${TIMEOUT_MS} ms`, { isTimeout: true }));
  const timer = setTimeout(tooLate, TIMEOUT_MS);
  try {
    const models = await route.upstream.listModels(abort);
    return models.filter((model) => servesModel(route, model.id));
  } finally {
    clearTimeout(timer);
  }
}
