// What the gateway asks of anything that answers chat completions: a server over HTTP, or the built-in demo.

import type { Model } from '@colloquy/client/contract';

import type { AbortFlag } from '../abort-flag.ts';
import type { Credentials } from '../config/config.ts';

export interface Upstream {
  /** Unique among the configured upstreams; shown in logs and kept with each record. */
  readonly name: string;
  readonly dialect: Dialect;

  /**
   * Sends a create request on and resolves with the head of the answer, whatever its status.
   *
   * Throws `UpstreamError` if no answer came, and the reason of `call.abort` once that is raised.
   */
  createChatCompletion(call: UpstreamCall): Promise<UpstreamAnswer>;

  /** The models that this upstream offers. Throws `UpstreamError` if it does not say. */
  listModels(abort: AbortFlag): Promise<Model[]>;

  /** Frees connections, after the answers that are under way have ended. */
  close(): Promise<void>;
}

/** How an upstream wants its requests. */
export interface Dialect {
  /** It keeps completions itself and is to be told so: `store` and `metadata` go along. */
  readonly forwardStore: boolean;
  /** Whose `authorization` it gets. */
  readonly credentials: Credentials;
  /** What it calls members of the request, by their names in the API. */
  readonly renames: Readonly<Record<string, string>>;
}

export interface UpstreamCall {
  /** The request's JSON text, UTF-8, as it goes upstream. */
  readonly body: Uint8Array;
  /** Lower-case names; only those that may be forwarded. */
  readonly headers: Readonly<Record<string, string>>;
  /** Ends the call and the reading of its answer. */
  readonly abort: AbortFlag;
}

export interface UpstreamAnswer {
  readonly status: number;
  /** Lower-case names, as received. */
  readonly headers: Readonly<Record<string, string | string[] | undefined>>;
  readonly body: AnswerBody;
}

/** Bytes on their way. */
export interface AnswerBody {
  /**
   * Hands over every piece as it arrives; to be called once. Resolves at the end of the body.
   *
   * Rejects if the answer breaks off, and with what `take` throws, which aborts the answer.
   */
  deliver(take: TakeBytes): Promise<void>;

  /** Frees what an answer holds that has not ended; after its end, nothing. */
  cancel(): void;
}

/** A promise holds the next piece back until it resolves; without one, the next may come at once. */
export type TakeBytes = (bytes: Uint8Array) => Promise<void> | undefined;
