// One call over HTTP: from an operation's parameters to the head of its answer, or to a typed error.

import { APIPromise } from './api-promise.ts';
import {
  APIConnectionError,
  type APIError,
  APIUserAbortError,
  ColloquyError,
  findErrorObject,
  toAPIError,
  toReportedError,
} from './errors.ts';
import { Lifetime } from './lifetime.ts';
import {
  resolveOptions,
  type ClientOptions,
  type HeadersLike,
  type RequestOptions,
  type ResolvedOptions,
} from './options.ts';
import { isRetryable, retryDelayMs, wait } from './retry.ts';

export interface Call {
  readonly method: 'GET' | 'POST' | 'DELETE';
  /** Below the base URL; parameters in it are already encoded. */
  readonly path: string;
  /** `null` becomes an empty value, a nested map `name[key]=value`. */
  readonly query?: object | undefined;
  /** Sent as JSON. */
  readonly body?: unknown;
  /** For what must not happen twice, unless the caller gives one. */
  readonly idempotencyKey?: string | undefined;
}

/** The head of an answer, and what may still end the reading of its body. */
export interface Answer {
  readonly response: Response;
  readonly lifetime: Lifetime;
  /** The longest wait for an event, if the answer is a stream, in milliseconds. */
  readonly idleTimeout: number | false;
}

/**
 * Sends the call, again where that may help. Resolves with an answer below 400, its body unread; anything else is
 * thrown. Whoever has read the body closes its lifetime.
 */
export async function request(
  options: ClientOptions,
  call: Call,
  requestOptions: RequestOptions = {},
): Promise<Answer> {
  const resolved = resolveOptions(options);
  const {
    idleTimeout = resolved.idleTimeout,
    maxRetries = resolved.maxRetries,
    maxRetryDelay = resolved.maxRetryDelay,
    signal,
  } = requestOptions;
  for (let attempt = 0; ; attempt += 1) {
    const isLast = attempt >= maxRetries;
    const lifetime = new Lifetime(signal);
    let delayMs: number;
    try {
      const response = await send(resolved, call, requestOptions, lifetime);
      if (response.ok) return { response, lifetime, idleTimeout };
      delayMs = retryDelayMs(response.headers, attempt);
      if (isLast || !isRetryable(response) || delayMs > maxRetryDelay) {
        throw await readError(response, call, lifetime);
      }
      // Unread, it would hold its connection.
      await response.body?.cancel().catch(() => undefined);
    } catch (error) {
      lifetime.close();
      // Also a time limit, which is a kind of it. What the caller did wrong or ended would fail again.
      if (isLast || !(error instanceof APIConnectionError)) throw error;
      delayMs = retryDelayMs(undefined, attempt);
    }
    lifetime.close();
    await wait(delayMs, signal);
  }
}

/** Sends the call and parses its JSON answer. */
export function requestJson<T>(
  options: ClientOptions,
  call: Call,
  requestOptions: RequestOptions = {},
): APIPromise<T> {
  return new APIPromise(request(options, call, requestOptions), readJson<T>);
}

/** Reads a JSON body. The server's word is taken for the shape: the contract says what it must be. */
export async function readJson<T>({ response, lifetime }: Answer): Promise<T> {
  const text = await response
    .text()
    .catch((error: unknown) => {
      throw lifetime.explain(error, 'The answer broke off');
    })
    .finally(() => lifetime.close());
  const body = parseJson(text);
  // Some servers have spent their 200 by the time they fail. What has an id is an answer, though it may hold an
  // error as well: a completion that failed and was kept.
  const hasId = typeof body === 'object' && body !== null && 'id' in body;
  const error = hasId ? undefined : findErrorObject(body);
  if (error !== undefined) throw toReportedError(error, response.headers, response.status);
  return body as T;
}

async function readError(response: Response, call: Call, lifetime: Lifetime): Promise<APIError> {
  // The status says more than the break of a connection, or a time limit, that came with it.
  const bodyText = await response.text().catch((error: unknown) => {
    const reason = lifetime.explain(error, '');
    if (reason instanceof APIUserAbortError) throw reason;
    return '';
  });
  return toAPIError(response.status, `${call.method} ${call.path}`, bodyText, response.headers);
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch (error) {
    throw new ColloquyError(`The server answered with something that is not JSON: ${text.slice(0, 200)}`, {
      cause: error,
    });
  }
}

/** Encodes a value for one segment of a path; a slash stays inside the segment. */
export function encodePathParameter(value: string): string {
  // An empty segment would name the whole collection, and a URL takes dots as steps, whatever their encoding.
  if (value === '' || value === '.' || value === '..') {
    throw new ColloquyError(`An id is needed: "${value}" cannot be part of a URL path`);
  }
  return encodeURIComponent(value).replaceAll('%3A', ':');
}

async function send(
  options: ResolvedOptions,
  call: Call,
  requestOptions: RequestOptions,
  lifetime: Lifetime,
): Promise<Response> {
  // Taken out of the options: a browser's `fetch` refuses to be called as a method of another object.
  const { fetch } = options;
  const { timeout = options.timeout } = requestOptions;
  const query = encodeQuery({ ...options.defaultQuery, ...call.query, ...requestOptions.query });
  const name = `${call.method} ${call.path}`;
  lifetime.limit(timeout, `${name}: not answered`);
  // A body or header that cannot be sent is the caller's mistake: its TypeError is thrown as it is.
  const init = {
    ...options.fetchOptions,
    ...requestOptions.fetchOptions,
    method: call.method,
    headers: joinHeaders(options, await findKey(options), call, requestOptions),
    ...(call.body !== undefined && { body: JSON.stringify(call.body) }),
    signal: lifetime.signal,
  };
  try {
    return await fetch(`${options.baseURL}${call.path}${query}`, init);
  } catch (error) {
    throw lifetime.explain(error, `${name}: no answer from ${options.baseURL}`);
  }
}

async function findKey({ apiKey }: ResolvedOptions): Promise<string | null> {
  return typeof apiKey === 'function' ? apiKey() : apiKey;
}

function joinHeaders(
  options: ResolvedOptions,
  apiKey: string | null,
  call: Call,
  { headers: own, idempotencyKey = call.idempotencyKey }: RequestOptions,
): Headers {
  const headers = new Headers({ accept: 'application/json' });
  setHeaders(headers, {
    'content-type': call.body === undefined ? null : 'application/json',
    authorization: apiKey === null ? null : `Bearer ${apiKey}`,
    'openai-organization': options.organization,
    'openai-project': options.project,
    'idempotency-key': idempotencyKey,
  });
  setHeaders(headers, options.defaultHeaders);
  setHeaders(headers, own);
  return headers;
}

function setHeaders(headers: Headers, added: HeadersLike = {}): void {
  const isList = added instanceof Headers || Array.isArray(added);
  for (const [name, value] of isList ? added : Object.entries(added)) {
    if (value === null) headers.delete(name);
    else if (value !== undefined) headers.set(name, value);
  }
}

type QueryValue = string | number | boolean | null | undefined | Readonly<Record<string, string>>;

function encodeQuery(query: object = {}): string {
  const pairs = new URLSearchParams();
  for (const [name, value] of Object.entries(query) as [string, QueryValue][]) {
    if (value === undefined) continue;
    if (typeof value === 'object' && value !== null) {
      for (const [key, item] of Object.entries(value)) pairs.append(`${name}[${key}]`, item);
    } else {
      pairs.append(name, value === null ? '' : String(value));
    }
  }
  const text = pairs.toString();
  return text === '' ? '' : `?${text}`;
}
