// What is kept of an exchange: one record, whatever became of the answer.

import type { ChatCompletion, ErrorBody } from '@colloquy/client/contract';

import { changeMembers, readMembers, type JsonBytes } from '../json/members.ts';
import type { CompletionRecord, CompletionStatus, Storage, TokenUsage } from '../storage/storage.ts';
import type { Attempts } from '../upstream/attempts.ts';
import { completeMembers } from './complete-members.ts';
import type { ExactAnswers } from './exact-answers.ts';
import { keyInUse } from './idempotency.ts';
import type { CreateRequest, Keep } from './plan.ts';
import { REPEATED_PARAMETER_NAMES } from './repeated-parameters.ts';
import { spellFinishReasons } from './spell-finish-reasons.ts';

export class Recorder {
  readonly keep: Keep;
  readonly #storage: Storage;
  readonly #exactAnswers: ExactAnswers;
  readonly #request: CreateRequest;
  readonly #attempts: Attempts;
  readonly #startedAt = performance.now();
  #firstByteMs: number | null = null;

  constructor(
    { storage, exactAnswers }: { readonly storage: Storage; readonly exactAnswers: ExactAnswers },
    request: CreateRequest,
    attempts: Attempts,
    keep: Keep,
  ) {
    this.keep = keep;
    this.#storage = storage;
    this.#exactAnswers = exactAnswers;
    this.#request = request;
    this.#attempts = attempts;
  }

  /** To be called with every piece of the answer; the first one is timed. */
  noteBytes(): void {
    this.#firstByteMs ??= Math.round(performance.now() - this.#startedAt);
  }

  /**
   * Keeps a plain answer under our id. Returns it as the caller gets it, once it is committed. Throws
   * `idempotency_key_in_use` if another completion has the request's key.
   */
  async keepBody(body: JsonBytes, completion: ChatCompletion): Promise<JsonBytes> {
    const seen = changeMembers(body, { id: JSON.stringify(this.keep.id) });
    await this.#insert('completed', completeMembers(seen, completion), completion);
    return seen;
  }

  /** Keeps what a whole stream was merged to. Resolves once it is committed. Throws like `keepBody`. */
  async keepStream(completion: ChatCompletion): Promise<void> {
    await this.#insert('completed', this.#compose(completion), completion);
  }

  /**
   * Keeps what had arrived when a stream broke off, and the error that the caller saw. Nobody waits for it: trouble is
   * logged.
   */
  async keepInterrupted(completion: ChatCompletion, error: unknown): Promise<void> {
    try {
      await this.#insert('interrupted', this.#compose({ ...completion, error }), completion);
    } catch (trouble) {
      this.#logLoss(trouble);
    }
  }

  /** Keeps the error that the caller got in place of an answer. Trouble is logged. */
  async keepFailure(body: JsonBytes | ErrorBody): Promise<void> {
    const errorBody = body instanceof Uint8Array ? body : Buffer.from(JSON.stringify(body));
    await this.#insert('failed', errorBody, undefined).catch((trouble: unknown) => this.#logLoss(trouble));
  }

  #logLoss(error: unknown): void {
    this.#request.log.warn({ err: error, completion: this.keep.id }, 'a broken exchange could not be kept');
  }

  #compose(completion: ChatCompletion & { error?: unknown }): JsonBytes {
    // A stream that broke at once has said nothing of itself.
    const created = completion.created || Math.floor(Date.now() / 1000);
    const model = readText(completion.model) ?? this.#request.owned.model;
    return Buffer.from(JSON.stringify({ ...completion, id: this.keep.id, created, model }));
  }

  async #insert(
    status: CompletionStatus,
    response: JsonBytes,
    completion: ChatCompletion | undefined,
  ): Promise<void> {
    const { project, requestId, json, owned } = this.#request;
    const record: CompletionRecord = {
      project,
      id: this.keep.id,
      status,
      requestedModel: owned.model,
      model: readText(completion?.model) ?? owned.model,
      upstream: this.#attempts.upstream,
      upstreamId: readText(completion?.id) ?? null,
      requestId,
      metadata: owned.metadata ?? {},
      parameters: changeMembers(
        Buffer.from('{}'),
        Object.fromEntries(readMembers(json, REPEATED_PARAMETER_NAMES)),
      ),
      request: json,
      response:
        status === 'completed' && completion !== undefined
          ? spellFinishReasons(response, completion)
          : response,
      usage: readUsage(completion),
      firstByteMs: this.#firstByteMs,
      totalMs: Math.round(performance.now() - this.#startedAt),
    };
    // What is not whole answers nobody: whoever repeats the request gets another try.
    const key = status === 'completed' ? this.keep.idempotencyKey : undefined;
    if (!(await this.#storage.insert(record, key))) throw keyInUse();
    if (status === 'completed' && this.#exactAnswers.isOn) {
      await this.#exactAnswers.remember(this.#request, this.keep.id);
    }
  }
}

function readUsage(completion: ChatCompletion | undefined): TokenUsage {
  const usage = completion?.usage;
  return {
    promptTokens: toCount(usage?.prompt_tokens),
    completionTokens: toCount(usage?.completion_tokens),
    cachedTokens: toCount(usage?.prompt_tokens_details?.cached_tokens),
    reasoningTokens: toCount(usage?.completion_tokens_details?.reasoning_tokens),
  };
}

/** Upstreams are free to send anything here; what is no text names nothing. */
function readText(value: unknown): string | undefined {
  return typeof value === 'string' && value !== '' ? value : undefined;
}

/** Upstreams leave counts out, or send them as null. */
function toCount(value: unknown): number | null {
  return Number.isSafeInteger(value) ? (value as number) : null;
}
