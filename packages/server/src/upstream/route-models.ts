// Which upstreams answer for a model: those that have a pattern for its name, in their order.

import type { Health } from './health.ts';
import type { RetryBudget } from './retry-budget.ts';
import type { Slots } from './slots.ts';
import type { Upstream } from './upstream.ts';

/** An upstream, what it serves, and what is known of how it fares. */
export interface ModelRoute {
  readonly upstream: Upstream;
  /** Model names; `*` stands for any run of characters, also an empty one. */
  readonly models: readonly string[];
  /** Its share among neighbours that have one. */
  readonly weight: number | undefined;
  /** How many times it may be asked again for one request. */
  readonly retries: number;
  readonly totalTimeoutMs: number | false;
  readonly slots: Slots;
  readonly health: Health;
  /** What its failures may cost in further calls. */
  readonly budget: RetryBudget;
}

export type ModelRoutes = readonly [ModelRoute, ...ModelRoute[]];

/** Undefined if none serves the model. */
export function findRoutes(routes: readonly ModelRoute[], model: string): ModelRoutes | undefined {
  const found = routes.filter((route) => servesModel(route, model));
  return isNotEmpty(found) ? found : undefined;
}

function isNotEmpty(routes: readonly ModelRoute[]): routes is ModelRoutes {
  return routes.length > 0;
}

export function servesModel(route: Pick<ModelRoute, 'models'>, model: string): boolean {
  return route.models.some((pattern) => matchesPattern(pattern, model));
}

/** Walks the parts between the stars in order; no expression is built, so none can be made slow by a name. */
function matchesPattern(pattern: string, name: string): boolean {
  if (pattern === '*' || pattern === name) return true;
  const parts = pattern.split('*');
  const first = parts.shift() ?? '';
  const last = parts.pop();
  if (last === undefined) return name === first;
  if (name.length < first.length + last.length || !name.startsWith(first) || !name.endsWith(last))
    return false;
  const end = name.length - last.length;
  let at = first.length;
  for (const part of parts) {
    const found = name.indexOf(part, at);
    if (found === -1 || found + part.length > end) return false;
    at = found + part.length;
  }
  return true;
}
