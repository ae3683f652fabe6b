import { Health } from '../../src/upstream/health.ts';
import { RetryBudget } from '../../src/upstream/retry-budget.ts';
import type { ModelRoute } from '../../src/upstream/route-models.ts';
import { Slots } from '../../src/upstream/slots.ts';
import { REAL_TIMING } from '../../src/upstream/timing.ts';
import type { Upstream } from '../../src/upstream/upstream.ts';

/** A route to an upstream that nobody calls. */
export function makeRoute(name: string, more: Partial<ModelRoute> = {}): ModelRoute {
  return {
    upstream: { name } as Upstream,
    models: ['*'],
    weight: undefined,
    retries: 1,
    totalTimeoutMs: false,
    slots: new Slots({ maxConcurrent: false, maxWaiting: 0, waitTimeoutMs: false }),
    health: new Health(REAL_TIMING),
    budget: new RetryBudget(),
    ...more,
  };
}
