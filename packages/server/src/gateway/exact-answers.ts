// Exact answers from the store: a request that asks what was asked before gets what was answered then.

import { ApiError } from '../api-error.ts';
import type { ReplayPolicy } from '../config/config.ts';
import { StorageError, type IdempotencyKey, type Storage } from '../storage/storage.ts';
import type { Caller } from './caller.ts';
import { checkWhole, type CreateRequest } from './plan.ts';
import { digestQuestion } from './question.ts';
import { replay } from './replay.ts';

const HIT = { 'x-colloquy-replay': 'hit' };

/** No caller can send a header with a line feed: these are no keys of theirs. */
const KEY_PREFIX = 'question\n';

export class ExactAnswers {
  readonly #storage: Storage;
  readonly #policy: ReplayPolicy;

  constructor(storage: Storage, policy: ReplayPolicy) {
    this.#storage = storage;
    this.#policy = policy;
  }

  get isOn(): boolean {
    return this.#policy !== 'off';
  }

  /**
   * Answers from the store if it can; returns whether it did. If no upstream may be asked, throws `ApiError` where it
   * cannot.
   */
  async answer(request: CreateRequest, caller: Caller): Promise<boolean> {
    const completion = await this.#find(request);
    if (completion !== undefined) {
      await replay({ request, caller }, completion, HIT);
      return true;
    }
    if (this.#policy === 'prefer') return false;
    throw new ApiError(
      'replay_not_found',
      'No completion that is kept answers this request, and this server asks no upstream: it runs with --replay only. Keep one first, with --replay prefer.',
    );
  }

  /** Has those that ask the same get this completion, which is kept. */
  async remember(request: CreateRequest, id: string): Promise<void> {
    try {
      await this.#storage.setIdempotencyKey(request.project, keyOf(request), id);
    } catch (error) {
      // The completion is kept all the same.
      request.log.warn({ err: error, completion: id }, 'a completion was kept that is not replayed');
    }
  }

  async #find(request: CreateRequest): ReturnType<Storage['getByIdempotencyKey']> {
    const { value } = keyOf(request);
    try {
      return await this.#storage.getByIdempotencyKey(request.project, value);
    } catch (error) {
      if (this.#policy === 'only' || !(error instanceof StorageError)) throw error;
      request.log.warn({ err: error }, 'the store could not say whether this was asked before');
      return undefined;
    }
  }
}

/** It leads to the completion for as long as that is kept. */
function keyOf({ json }: CreateRequest): IdempotencyKey {
  checkWhole(json);
  return { value: `${KEY_PREFIX}${digestQuestion(json)}`, expiresAtMs: Number.MAX_SAFE_INTEGER };
}
