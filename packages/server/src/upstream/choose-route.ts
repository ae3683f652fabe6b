// Which of the upstreams that serve a model is asked: by order and weights, and by who is well and has room.

import type { ModelRoute } from './route-models.ts';
import type { Timing } from './timing.ts';

/**
 * The first in the list, unless it rests, has no room, or is left out; upstreams with weights that follow each other in
 * the list share the requests that come to them. Where none has room, one on which a request can wait.
 *
 * Returns undefined if all rest, are full or left out.
 */
export function chooseRoute(
  routes: readonly ModelRoute[],
  timing: Pick<Timing, 'random'>,
  isLeftOut: (route: ModelRoute) => boolean = isNever,
): ModelRoute | undefined {
  return (
    pick(routes, timing, (route) => route.slots.areFree && isWell(route) && !isLeftOut(route)) ??
    pick(routes, timing, (route) => route.slots.canWait && isWell(route) && !isLeftOut(route))
  );
}

function isNever(): boolean {
  return false;
}

function isWell({ health }: ModelRoute): boolean {
  return !health.isResting;
}

function pick(
  routes: readonly ModelRoute[],
  { random }: Pick<Timing, 'random'>,
  isCandidate: (route: ModelRoute) => boolean,
): ModelRoute | undefined {
  let picked: ModelRoute | undefined;
  let total = 0;
  for (const route of routes) {
    if (route.weight === undefined) {
      // Here ends what shares by weights.
      if (picked !== undefined) return picked;
      if (isCandidate(route)) return route;
    } else if (isCandidate(route)) {
      // Each takes the place of those before it with the chance that its weight gives it among them.
      total += route.weight;
      if (random() * total < route.weight) picked = route;
    }
  }
  return picked;
}
