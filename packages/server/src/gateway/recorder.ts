// What is kept of an exchange: one record, whatever became of the answer.

import type { ChatCompletion, ErrorBody } from '@colloquy/client/contract';

import { changeMembers, type JsonBytes } from '../json/members.ts';
import type { Progress } from '../storage/journal.ts';
import type { CompletionStatus, Storage } from '../storage/storage.ts';
import type { Attempts } from '../upstream/attempts.ts';
import { completeMembers } from './complete-members.ts';
import { composeRecord, composeStreamed, describeAsked, type Asked } from './compose-record.ts';
import type { ExactAnswers } from './exact-answers.ts';
import { keyInUse } from './idempotency.ts';
import type { JournalEntry, Noted } from './journal-entry.ts';
import type { Journal } from './journal.ts';
import type { CreateRequest, Keep } from './plan.ts';

export interface RecorderContext {
  readonly storage: Storage;
  readonly exactAnswers: ExactAnswers;
  readonly journal: Journal;
}

export class Recorder implements Noted {
  readonly keep: Keep;
  readonly #context: RecorderContext;
  readonly #request: CreateRequest;
  readonly #attempts: Attempts;
  readonly #startedAt = performance.now();
  readonly #journalEntry: JournalEntry;
  #firstByteMs: number | null = null;
  #isKept = false;

  constructor(context: RecorderContext, request: CreateRequest, attempts: Attempts, keep: Keep) {
    this.keep = keep;
    this.#context = context;
    this.#request = request;
    this.#attempts = attempts;
    this.#journalEntry = context.journal.begin(this);
  }

  get log(): CreateRequest['log'] {
    return this.#request.log;
  }

  get progress(): Progress {
    return {
      upstream: this.#attempts.upstream,
      firstByteMs: this.#firstByteMs,
      totalMs: Math.round(performance.now() - this.#startedAt),
    };
  }

  describe(): Asked {
    return describeAsked(this.#request, this.keep.id);
  }

  /** The answer has begun: that is timed. */
  noteBeginning(): void {
    this.#firstByteMs ??= Math.round(performance.now() - this.#startedAt);
  }

  /** To be called with every piece of a stream. */
  noteBytes(bytes: Uint8Array): void {
    this.noteBeginning();
    this.#context.journal.add(this.#journalEntry, bytes);
  }

  /** To be called when the exchange has ended: if nothing was kept of it, nothing will be. */
  end(): void {
    if (!this.#isKept) this.#context.journal.drop(this.#journalEntry);
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
    await this.#insert('completed', composeStreamed(this.describe(), completion), completion);
  }

  /**
   * Keeps what had arrived when a stream broke off, and the error that the caller saw. Nobody waits for it: trouble is
   * logged.
   */
  async keepInterrupted(completion: ChatCompletion, error: unknown): Promise<void> {
    try {
      const response = composeStreamed(this.describe(), { ...completion, error });
      await this.#insert('interrupted', response, completion);
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

  async #insert(
    status: CompletionStatus,
    response: JsonBytes,
    completion: ChatCompletion | undefined,
  ): Promise<void> {
    const { storage, exactAnswers, journal } = this.#context;
    const outcome = { status, progress: this.progress, response, completion };
    const record = composeRecord(this.describe(), outcome);
    journal.end(this.#journalEntry);
    // What is not whole answers nobody: whoever repeats the request gets another try.
    const key = status === 'completed' ? this.keep.idempotencyKey : undefined;
    if (!(await storage.insert(record, key))) throw keyInUse();
    this.#isKept = true;
    if (status === 'completed' && exactAnswers.isOn) {
      await exactAnswers.remember(this.#request, this.keep.id);
    }
  }
}
