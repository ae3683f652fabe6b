// The upstreams that are in use: those of the start, until others take their place.

import type { UpstreamConfig } from '../config/config.ts';
import { createModelRoutes } from './create-model-routes.ts';
import { ModelList } from './model-list.ts';
import type { ModelRoute } from './route-models.ts';

export class UpstreamTable {
  #routes: readonly ModelRoute[];
  #models: ModelList;
  /** What was replaced, and may still be asked. */
  readonly #leaving = new Set<Promise<void>>();

  constructor(configs: readonly UpstreamConfig[]) {
    this.#routes = createModelRoutes(configs);
    this.#models = new ModelList(this.#routes);
  }

  get routes(): readonly ModelRoute[] {
    return this.#routes;
  }

  get models(): ModelList {
    return this.#models;
  }

  /** From now on, these are asked. The others are closed when `unused` resolves. */
  replace(configs: readonly UpstreamConfig[], unused: Promise<void>): void {
    const before = this.#routes;
    this.#routes = createModelRoutes(configs);
    this.#models = new ModelList(this.#routes);
    const left = unused.then(() => closeAll(before)).finally(() => this.#leaving.delete(left));
    this.#leaving.add(left);
  }

  /** When nothing asks any more. */
  async close(): Promise<void> {
    await Promise.all([closeAll(this.#routes), ...this.#leaving]);
  }
}

async function closeAll(routes: readonly ModelRoute[]): Promise<void> {
  await Promise.all(routes.map(({ upstream }) => upstream.close()));
}
