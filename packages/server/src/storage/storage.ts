// Where kept completions live. Every adapter passes the suite in test/storage/test-storage.ts.

import type { Metadata } from '@colloquy/client/contract';

import type { JsonBytes } from '../json/members.ts';
import type { JournalStorage } from './journal.ts';

export interface Storage extends JournalStorage {
  /** False while nothing can be written: what must be kept is then refused before it costs a model answer. */
  readonly available: boolean;

  /**
   * Resolves once the record is committed and synced, and the notes on it are gone. An interrupted one of the same id is
   * replaced: it was recovered too early. Resolves with false, and keeps nothing, if another completion holds the key.
   * Throws `StorageError` if the record is not kept for any other reason.
   */
  insert(record: CompletionRecord, key?: IdempotencyKey): Promise<boolean>;

  get(project: string, id: string): Promise<StoredCompletion | undefined>;

  /**
   * Has the key lead to the completion, which is kept, as if it had been inserted with it; unless it leads to another one
   * already.
   */
  setIdempotencyKey(project: string, key: IdempotencyKey, id: string): Promise<void>;

  /** The completion that holds the key: until it is deleted, or the key expires. */
  getByIdempotencyKey(project: string, key: string): Promise<StoredCompletion | undefined>;

  /** The request that led to the completion, apart from it since lists and most reads do without. */
  getRequest(project: string, id: string): Promise<JsonBytes | undefined>;

  list(project: string, query: ListQuery): Promise<ListPage>;

  /** Like `list`, but reads no text: also what is damaged is found. Without `q`. Fewer than `limit` are the last ones. */
  listLabels(project: string, query: LabelQuery): Promise<CompletionLabels[]>;

  /** Those that hold anything, in order. */
  listProjects(): Promise<string[]>;

  /**
   * Replaces all metadata. Returns the completion as it is now, or undefined if there is none. With `versions`, of those that
   * `readMetadataVersion` gives, nothing happens unless the metadata has one of them: then it is `'changed'`.
   */
  updateMetadata(
    project: string,
    id: string,
    metadata: Metadata,
    versions?: readonly string[],
  ): Promise<StoredCompletion | 'changed' | undefined>;

  /** Returns whether there was one to delete. With `versions`, one whose metadata has another is left alone. */
  delete(project: string, id: string, versions?: readonly string[]): Promise<boolean>;

  /** Finishes what was asked, then frees everything. */
  close(): Promise<void>;
}

/**
 * - `completed`: the model's answer arrived whole.
 * - `interrupted`: it broke off; what arrived is kept.
 * - `failed`: there was no answer, or the upstream answered with an error.
 */
export type CompletionStatus = 'completed' | 'interrupted' | 'failed';

export interface CompletionRecord extends StoredCompletion {
  /** The JSON text of the request, as the caller sent it. */
  readonly request: JsonBytes;
}

export interface StoredCompletion {
  readonly project: string;
  /** Ours, see completion-id.ts: it sorts by time, and lists are in its order. */
  readonly id: string;
  readonly status: CompletionStatus;
  /** The name that the caller asked for. */
  readonly requestedModel: string;
  /** The name that the answer gives, often a dated version of the one asked for. */
  readonly model: string;
  /** The name of the upstream in the configuration. */
  readonly upstream: string;
  /** The id that the upstream gave; upstreams repeat them. */
  readonly upstreamId: string | null;
  readonly requestId: string;
  /** The members of the request that stored completions repeat, as one JSON object. */
  readonly parameters: JsonBytes;
  /** The JSON text of the completion as the caller saw it, merged if it was a stream; of the error, if `status` is failed. */
  readonly response: JsonBytes;
  readonly metadata: Metadata;
  readonly usage: TokenUsage;
  /** From the request to the upstream until its answer's first byte; null if none came. */
  readonly firstByteMs: number | null;
  /** From the request to the upstream until the end of its answer. */
  readonly totalMs: number;
}

/** Null where the upstream did not say. */
export interface TokenUsage {
  readonly promptTokens: number | null;
  readonly completionTokens: number | null;
  readonly cachedTokens: number | null;
  readonly reasoningTokens: number | null;
}

/** Leads to one completion of its project. */
export interface IdempotencyKey {
  readonly value: string;
  /** In ms since 1970. From then on, another completion may take the key; this one stays. */
  readonly expiresAtMs: number;
}

export interface ListQuery {
  readonly status: CompletionStatus;
  /** Matches the model that was asked for and the one that answered. */
  readonly model?: string | undefined;
  /** Every pair must match. */
  readonly metadata?: Metadata | undefined;
  /** Made at this time or later, in ms since 1970. What counts is the time in the id. */
  readonly createdAfterMs?: number | undefined;
  /** Made before this time, in ms since 1970. */
  readonly createdBeforeMs?: number | undefined;
  /**
   * Words that must all occur in what went into the model or came out of it, and "phrases"; case and accents do not matter.
   * Without a word, nothing is found. What was kept is found at once; in a rush of thousands, when the store has come to it.
   */
  readonly q?: string | undefined;
  /** Begin behind the place of this id, whether or not it still exists. */
  readonly after?: string | undefined;
  /** At least 1. */
  readonly limit: number;
  /** By id, that is by time. */
  readonly order: 'asc' | 'desc';
}

export interface ListPage {
  readonly completions: readonly StoredCompletion[];
  readonly hasMore: boolean;
}

export type LabelQuery = Omit<ListQuery, 'q'>;

/** What can change of a completion, and which it is. */
export type CompletionLabels = Pick<StoredCompletion, 'id' | 'metadata'>;

/** The store could not do what was asked; nothing was changed. */
export class StorageError extends Error {
  override readonly name = 'StorageError';
}
