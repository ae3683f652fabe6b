// Idempotency keys: of the kept requests with one key, one is run, and its completion answers all of them.

import { ApiError } from '../api-error.ts';
import type { JsonBytes } from '../json/members.ts';
import { StorageError, type Storage, type StoredCompletion } from '../storage/storage.ts';
import type { Exchange } from './exchange.ts';
import { replay } from './replay.ts';

/** How long a request waits for another one with its key: as long as SDKs wait for an answer. */
const WAIT_TIMEOUT_MS = 600_000;

/** Told to those who did not cause the answer. */
const REPLAYED = { 'idempotent-replayed': 'true' };

interface Kept {
  readonly completion: StoredCompletion;
  /** The body that it answers. */
  readonly request: JsonBytes;
}

interface Run {
  /** The body that is being answered; undefined while the store is still asked for an answer. */
  body: JsonBytes | undefined;
  /** What the store had, if it was asked successfully and had something. Never rejects. */
  readonly found: Promise<Kept | undefined>;
}

export class Idempotency {
  readonly #storage: Storage;
  /** By project and key. The store knows what is kept, this what is under way. */
  readonly #runs = new Map<string, Run>();

  constructor(storage: Storage) {
    this.#storage = storage;
  }

  /**
   * Calls `run`, unless a completion is kept for the request's key or becomes so meanwhile: then that answers.
   *
   * Throws `ApiError` if the key belongs to another body, or another request with it does not come to an end; and
   * whatever `run` throws.
   */
  runOnce(exchange: Exchange, run: () => Promise<void>): Promise<void> {
    const key = exchange.plan.keep?.idempotencyKey?.value;
    return key === undefined ? run() : this.#runOnceFor(key, exchange, run);
  }

  async #runOnceFor(key: string, exchange: Exchange, run: () => Promise<void>): Promise<void> {
    try {
      const kept = await this.#findOrRun(exchange, key, run);
      if (kept === undefined) return;
      checkSameBody(kept.request, exchange);
      await replay(exchange, kept.completion, REPLAYED);
    } catch (error) {
      if (!exchange.caller.gone.aborted) throw error;
      exchange.caller.cut();
    }
  }

  /** Returns undefined once `run` has answered. */
  async #findOrRun(exchange: Exchange, key: string, run: () => Promise<void>): Promise<Kept | undefined> {
    const name = JSON.stringify([exchange.request.project, key]);
    for (let other = this.#runs.get(name); other !== undefined; other = this.#runs.get(name)) {
      if (other.body !== undefined) checkSameBody(other.body, exchange);
      const kept = await waitFor(other.found, exchange);
      if (kept !== undefined) return kept;
    }
    const { promise: found, resolve } = Promise.withResolvers<Kept | undefined>();
    const own: Run = { body: undefined, found };
    this.#runs.set(name, own);
    let kept: Kept | undefined;
    try {
      kept = await this.#find(exchange, key);
      if (kept !== undefined) return kept;
      own.body = exchange.request.json;
      await run();
    } catch (error) {
      if (!isKeyInUse(error)) throw error;
      // Another process on the same store was faster.
      kept = await this.#find(exchange, key);
      if (kept === undefined) throw error;
    } finally {
      this.#runs.delete(name);
      resolve(kept);
    }
    return kept;
  }

  async #find({ request: { project, log }, plan }: Exchange, key: string): Promise<Kept | undefined> {
    try {
      const completion = await this.#storage.getByIdempotencyKey(project, key);
      const request = completion && (await this.#storage.getRequest(project, completion.id));
      return request && { completion, request };
    } catch (error) {
      if (plan.keep?.isRequired || !(error instanceof StorageError)) throw error;
      // The store's outage costs no answer where nobody asked to keep it.
      log.warn({ err: error }, 'the store could not say whether this request was answered before');
      return undefined;
    }
  }
}

/** Another completion holds the key, or will. */
export function keyInUse(): ApiError {
  return new ApiError(
    'idempotency_key_in_use',
    "Another request with this 'Idempotency-Key' was being answered at the same time. Send this one again to get its completion.",
  );
}

function isKeyInUse(error: unknown): boolean {
  return error instanceof ApiError && error.kind === 'idempotency_key_in_use';
}

/** Byte for byte: a retry repeats what was sent, and nothing else can be told from another question for certain. */
function checkSameBody(body: JsonBytes, { request }: Exchange): void {
  if (Buffer.compare(body, request.json) === 0) return;
  throw new ApiError(
    'idempotency_key_reused',
    "This 'Idempotency-Key' was used with another body. Use a new key for each new request, and repeat the body exactly to retry one.",
    // SDKs retry a 409 by themselves; this one stays.
    { headers: { 'x-should-retry': 'false' } },
  );
}

/** Throws if the caller leaves, the server stops, or it takes too long. */
async function waitFor<T>(result: Promise<T>, { caller, abort }: Exchange): Promise<T> {
  const { promise: ended, reject } = Promise.withResolvers<never>();
  const end = (): void => reject(abort.aborted ? abort.reason : keyInUse());
  const timer = setTimeout(end, WAIT_TIMEOUT_MS).unref();
  for (const flag of [caller.gone, abort]) flag.onAbort(end);
  try {
    return await Promise.race([result, ended]);
  } finally {
    clearTimeout(timer);
  }
}
