import type { Model } from '@colloquy/client/contract';

import { AbortFlag } from '../abort-flag.ts';
import { servesModel, type ModelRoute } from './route-models.ts';
import { REAL_TIMING, type Timing } from './timing.ts';
import { UpstreamError } from './upstream-error.ts';

/** An upstream that does not say by then is asked again later. */
const TIMEOUT_MS = 5000;
/** How long a list is good; whoever asks later gets it all the same, and a newer one is fetched meanwhile. */
const FRESH_MS = 60_000;
/** How soon an upstream that did not list its models is asked again. */
const RETRY_MS = 5000;

interface Log {
  warn(details: object, message: string): void;
}

/** What one upstream offers. */
interface Part {
  readonly route: ModelRoute;
  /** The last list that it gave. */
  models: readonly Model[] | undefined;
  staleAt: number;
  listing: Promise<void> | undefined;
}

/** The models of all upstreams, each where requests for it would go. */
export class ModelList {
  readonly #parts: readonly Part[];
  readonly #timing: Pick<Timing, 'now'>;
  readonly #graceMs: number;
  /** Resolves when there is something to show, or was time enough for it. */
  #first: Promise<unknown> | undefined;

  /** `graceMs` is how long the first to ask wait for upstreams that have not said. */
  constructor(routes: readonly ModelRoute[], timing: Pick<Timing, 'now'> = REAL_TIMING, graceMs = 1000) {
    this.#parts = routes.map((route) => ({ route, models: undefined, staleAt: 0, listing: undefined }));
    this.#timing = timing;
    this.#graceMs = graceMs;
  }

  /**
   * What is known. An upstream is waited for only as long as nothing is known at all, and then for a second.
   *
   * Throws `UpstreamError` if none has listed its models.
   */
  async get(log: Log): Promise<Model[]> {
    const now = this.#timing.now();
    for (const part of this.#parts) if (now >= part.staleAt) part.listing ??= this.#list(part, log);
    if (!this.#isKnown) this.#first ??= this.#waitForLists();
    await this.#first;
    if (!this.#isKnown) throw new UpstreamError('no upstream lists its models', { isTimeout: false });
    return this.#merge();
  }

  get #isKnown(): boolean {
    return this.#parts.some(({ models }) => models !== undefined);
  }

  /** All that come at the beginning wait for the same lists. */
  async #waitForLists(): Promise<void> {
    const { promise: over, resolve: end } = Promise.withResolvers<void>();
    const timer = setTimeout(end, this.#graceMs);
    await Promise.race([over, Promise.all(this.#parts.map(async ({ listing }) => listing))]);
    clearTimeout(timer);
    // Where nothing came, the next to ask may wait as well.
    if (!this.#isKnown) this.#first = undefined;
  }

  async #list(part: Part, log: Log): Promise<void> {
    const { route } = part;
    let goodForMs = FRESH_MS;
    try {
      const models = await listOwnModels(route);
      part.models = models.filter((model) => servesModel(route, model.id));
    } catch (error) {
      goodForMs = RETRY_MS;
      log.warn({ err: error, upstream: route.upstream.name }, 'the upstream does not list its models');
    }
    part.staleAt = this.#timing.now() + goodForMs;
    part.listing = undefined;
  }

  #merge(): Model[] {
    const merged = new Map<string, Model>();
    for (const { models = [] } of this.#parts) {
      for (const model of models) if (!merged.has(model.id)) merged.set(model.id, model);
    }
    return [...merged.values()];
  }
}

async function listOwnModels({ upstream }: ModelRoute): Promise<Model[]> {
  const abort = new AbortFlag();
  const tooLate = (): void =>
    abort.abort(new UpstreamError(`the list did not come within ${TIMEOUT_MS} ms`, { isTimeout: true }));
  const timer = setTimeout(tooLate, TIMEOUT_MS);
  try {
    return await upstream.listModels(abort);
  } finally {
    clearTimeout(timer);
  }
}
