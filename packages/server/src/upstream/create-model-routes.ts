import type { UpstreamConfig } from '../config/config.ts';
import { createElizaUpstream } from './eliza/eliza-upstream.ts';
import { Health } from './health.ts';
import { createHttpUpstream } from './http-upstream.ts';
import { RetryBudget } from './retry-budget.ts';
import type { ModelRoute } from './route-models.ts';
import { Slots } from './slots.ts';
import { REAL_TIMING, type Timing } from './timing.ts';
import type { Upstream } from './upstream.ts';

type RouteConfig = Pick<
  UpstreamConfig,
  'models' | 'weight' | 'retries' | 'totalTimeoutMs' | 'maxConcurrent' | 'maxWaiting' | 'firstByteTimeoutMs'
>;

/** The demo needs none of it: it is here, and never fails. */
const DEMO: RouteConfig = {
  models: ['eliza'],
  weight: undefined,
  retries: 0,
  totalTimeoutMs: false,
  firstByteTimeoutMs: false,
  maxConcurrent: false,
  maxWaiting: 0,
};

/** The table model → upstreams. Where none is configured, the built-in demo answers. */
export function createModelRoutes(
  upstreams: readonly UpstreamConfig[],
  timing: Timing = REAL_TIMING,
): ModelRoute[] {
  if (upstreams.length === 0) return [createRoute(createElizaUpstream(), DEMO, timing)];
  return upstreams.map((config) => createRoute(createHttpUpstream(config), config, timing));
}

function createRoute(upstream: Upstream, config: RouteConfig, timing: Timing): ModelRoute {
  const { models, weight, retries, totalTimeoutMs, maxConcurrent, maxWaiting, firstByteTimeoutMs } = config;
  return {
    upstream,
    models,
    weight,
    retries,
    totalTimeoutMs,
    // Whoever waits for a slot waits for a first byte.
    slots: new Slots({ maxConcurrent, maxWaiting, waitTimeoutMs: firstByteTimeoutMs }),
    health: new Health(timing),
    budget: new RetryBudget(),
  };
}
