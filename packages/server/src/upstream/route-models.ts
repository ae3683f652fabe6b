// Which upstream answers for a model: the first whose patterns match its name.

import type { Upstream } from './upstream.ts';

export interface ModelRoute {
  readonly upstream: Upstream;
  /** Model names; `*` stands for any run of characters, also an empty one. */
  readonly models: readonly string[];
}

export function findUpstream(routes: readonly ModelRoute[], model: string): Upstream | undefined {
  return routes.find((route) => servesModel(route, model))?.upstream;
}

export function servesModel(route: ModelRoute, model: string): boolean {
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
