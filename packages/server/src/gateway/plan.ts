// From a checked request to what is forwarded, where, and what is kept.

import type { Metadata } from '@colloquy/client/contract';

import { ApiError } from '../api-error.ts';
import { mintCompletionId } from '../completion-id.ts';
import type { StorePolicy } from '../config/config.ts';
import { changeMembers, readMembers, type JsonBytes } from '../json/members.ts';
import { MAX_PARSED_BYTES } from '../json/outline-messages.ts';
import { parseObject } from '../json/parse-object.ts';
import type { IdempotencyKey, Storage } from '../storage/storage.ts';
import { modelNotFound } from '../upstream/model-not-found.ts';
import { findRoutes, type ModelRoutes } from '../upstream/route-models.ts';
import type { UpstreamTable } from '../upstream/upstream-table.ts';
import type { Dialect, UpstreamCall } from '../upstream/upstream.ts';

/** A create request after its checks. */
export interface CreateRequest {
  readonly project: string;
  readonly requestId: string;
  /** The body as it was sent … */
  readonly json: JsonBytes;
  /** … and what the gateway itself reads in it. */
  readonly owned: OwnedMembers;
  /** Lower-case names. */
  readonly headers: Readonly<Record<string, string | string[] | undefined>>;
  /** For what the operator must know and the caller is not told. */
  readonly log: { warn(details: object, message: string): void };
}

export interface OwnedMembers {
  readonly model: string;
  readonly n?: unknown;
  readonly stream?: boolean | null;
  readonly stream_options?: { readonly include_usage?: boolean } | null;
  readonly store?: boolean | null;
  readonly metadata?: Metadata | null;
}

export interface Plan {
  /** The upstreams that serve the model. */
  readonly routes: ModelRoutes;
  /** The request as an upstream wants it. */
  readonly compose: (dialect: Dialect) => Pick<UpstreamCall, 'body' | 'headers'>;
  /** Undefined: relay and forget. */
  readonly keep: Keep | undefined;
}

export interface Keep {
  readonly id: string;
  /** The caller asked for it: an answer that cannot be kept is then an error. */
  readonly isRequired: boolean;
  /** Usage is asked for only to be kept: the caller does not see its chunk. */
  readonly hidesUsage: boolean;
  /** How many choices were asked for. */
  readonly choices: number;
  /** What the caller names this request by, to get one completion however often it is sent. */
  readonly idempotencyKey: IdempotencyKey | undefined;
}

export interface PlanContext {
  readonly upstreams: Pick<UpstreamTable, 'routes'>;
  readonly storePolicy: StorePolicy;
  readonly storage: Pick<Storage, 'available'>;
}

const IDEMPOTENCY_KEY = 'idempotency-key';
/** How long a completion answers those who repeat its key: a day, as elsewhere. */
const KEY_LIFETIME_MS = 86_400_000;

/** Names and values that say something to an upstream and nothing about the caller's credentials. */
const FORWARDED_HEADERS = ['accept', 'openai-beta', 'traceparent', 'tracestate', 'x-client-request-id'];

/** Throws `ApiError` if no upstream serves the model, or what must be kept cannot be. */
export function planChatCompletion(context: PlanContext, request: CreateRequest): Plan {
  const { owned } = request;
  checkMetadata(owned, context.storePolicy);
  const routes = findRoutes(context.upstreams.routes, owned.model);
  if (routes === undefined) throw modelNotFound(owned.model);
  const keep = planKeep(context, request);
  return {
    routes,
    keep,
    compose: (dialect) => ({
      body: composeBody(request, keep, dialect),
      headers: composeHeaders(request, keep, dialect),
    }),
  };
}

/** OpenAI refuses metadata that would be lost; where everything is kept, or nothing, there is no need to. */
function checkMetadata(owned: OwnedMembers, policy: StorePolicy): void {
  const isLost = Object.keys(owned.metadata ?? {}).length > 0 && owned.store !== true;
  if (policy === 'requested' && isLost) {
    throw new ApiError(
      'invalid_value',
      "'metadata' is only allowed when 'store' is true, for there is nothing to label.",
      {
        param: 'metadata',
      },
    );
  }
}

function planKeep(
  { storePolicy, storage }: PlanContext,
  { owned, headers, json }: CreateRequest,
): Keep | undefined {
  const isRequired = owned.store === true && storePolicy !== 'never';
  if (!isRequired && storePolicy !== 'always') return undefined;
  checkWhole(json);
  if (!storage.available) {
    if (!isRequired) return undefined;
    throw new ApiError(
      'store_unavailable',
      "The store cannot keep this completion now. Try again later, or send it without 'store'.",
    );
  }
  const hidesUsage = owned.stream === true && owned.stream_options?.include_usage !== true;
  // The upstream checks `n`; here it only tells when a stream without [DONE] is whole.
  const choices = typeof owned.n === 'number' ? owned.n : 1;
  const key = headers[IDEMPOTENCY_KEY];
  const idempotencyKey =
    typeof key === 'string' ? { value: key, expiresAtMs: Date.now() + KEY_LIFETIME_MS } : undefined;
  return { id: mintCompletionId(), isRequired, hidesUsage, choices, idempotencyKey };
}

/** What is kept is read again. Of large requests, only the outline was parsed so far. */
export function checkWhole(json: JsonBytes): void {
  if (json.length <= MAX_PARSED_BYTES || parseObject(json) !== undefined) return;
  throw new ApiError(
    'malformed_request',
    "The body could not be read as JSON: a string in 'messages' holds a control character, or an escape that JSON does not have.",
    { param: 'messages' },
  );
}

function composeBody(
  { json, owned }: CreateRequest,
  keep: Keep | undefined,
  { forwardStore, renames }: Dialect,
): JsonBytes {
  const changes: Record<string, JsonBytes | string | undefined> = renameMembers(json, renames);
  // The store is ours, and many upstreams refuse a request that names one.
  if (!forwardStore && owned.store !== undefined) changes['store'] = undefined;
  if (!forwardStore && owned.metadata !== undefined) changes['metadata'] = undefined;
  if (keep?.hidesUsage) {
    const options = readMembers(json, new Set(['stream_options'])).get('stream_options');
    const isObject = owned.stream_options !== null && options !== undefined;
    changes['stream_options'] = changeMembers(isObject ? options : Buffer.from('{}'), {
      include_usage: 'true',
    });
  }
  return Object.keys(changes).length === 0 ? json : changeMembers(json, changes);
}

/** A member that gets a new name stands above one that had it already: whoever sent both wrote for two generations. */
function renameMembers(json: JsonBytes, renames: Dialect['renames']): Record<string, JsonBytes | undefined> {
  const names = Object.keys(renames);
  if (names.length === 0) return {};
  const found = [...readMembers(json, new Set(names))];
  return Object.fromEntries([
    ...found.map(([name]) => [name, undefined] as const),
    ...found.map(([name, value]) => [renames[name] ?? name, value] as const),
  ]);
}

function composeHeaders(
  { headers, requestId }: CreateRequest,
  keep: Keep | undefined,
  { credentials }: Dialect,
): Record<string, string> {
  const forwarded: Record<string, string> = { 'content-type': 'application/json', 'x-request-id': requestId };
  for (const name of FORWARDED_HEADERS) copyHeader(headers, name, forwarded);
  // What is kept is repeated from here; for all else, the key is the upstream's business.
  if (keep === undefined) copyHeader(headers, IDEMPOTENCY_KEY, forwarded);
  if (credentials === 'caller') copyHeader(headers, 'authorization', forwarded);
  return forwarded;
}

function copyHeader(from: CreateRequest['headers'], name: string, to: Record<string, string>): void {
  const value = from[name];
  if (typeof value === 'string') to[name] = value;
}
