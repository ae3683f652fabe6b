import type { UpstreamConfig } from '../config/config.ts';
import { createElizaUpstream } from './eliza/eliza-upstream.ts';
import { createHttpUpstream } from './http-upstream.ts';
import type { ModelRoute } from './route-models.ts';

/** The table model → upstream. Where none is configured, the built-in demo answers. */
export function createModelRoutes(upstreams: readonly UpstreamConfig[]): ModelRoute[] {
  if (upstreams.length === 0) return [{ upstream: createElizaUpstream(), models: ['eliza'] }];
  return upstreams.map((config) => ({ upstream: createHttpUpstream(config), models: config.models }));
}
