// One call over HTTP: from an operation's parameters to the head of its answer, or to a typed error.

import { APIPromise, type WithRequestID } from './api-promise.ts';
import {
  type APIError,
  APIUserAbortError,
  ColloquyError,
  findErrorObject,
  isObject,
  parseJson,
  toAPIError,
  toReportedError,
} from './errors.ts';
import { Lifetime } from './lifetime.ts';
import {
  dropUndefined,
  listHeaders,
  settle,
  type ClientOptions,
  type HeadersLike,
  type Query,
  type RequestOptions,
  type Settings,
} from './options.ts';

/** What one call asks for. */
export interface Call {
  readonly method: 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE';
  /** Below the base URL; parameters in it are already encoded. */
  readonly path: string;
  readonly query?: Query | undefined;
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
 * Sends the call: once, or as often as `options.retry` says. Resolves with an answer below 400, its body unread;
 * anything else is thrown. Whoever has read the body closes its lifetime.
 */
export async function request(
  options: ClientOptions,
  call: Call,
  requestOptions?: RequestOptions,
): Promise<Answer> {
  const settings = settle(options, requestOptions);
  const attempt = (): Promise<Answer> => send(settings, call);
  return settings.retry ? settings.retry(attempt, settings) : attempt();
}

/** Sends the call and parses its JSON answer. */
export function requestJson<T>(
  options: ClientOptions,
  call: Call,
  requestOptions?: RequestOptions,
): APIPromise<T> {
  return new APIPromise(request(options, call, requestOptions), readJson<T>);
}

/** Reads a JSON body. The server's word is taken for the shape: the contract says what it must be. */
export async function readJson<T>({ response, lifetime }: Answer): Promise<WithRequestID<T>> {
  const text = await lifetime
    .guard(() => response.text(), 'The answer broke off')
    .finally(() => lifetime.close());
  const body = parseJson(text);
  const hasMembers = isObject(body);
  // Some servers have spent their 200 by the time they fail. What has an id is an answer, though it may hold an
  // error as well: a completion that failed and was kept.
  const error = hasMembers && 'id' in body ? undefined : findErrorObject(body);
  if (error) throw toReportedError(error, response.headers, response.status);
  // Not enumerable: what is printed, compared or sent on is what the server sent.
  if (hasMembers) Object.defineProperty(body, '_request_id', { value: response.headers.get('x-request-id') });
  return body as WithRequestID<T>;
}

async function readError(response: Response, name: string, lifetime: Lifetime): Promise<APIError> {
  // The status says more than the break of a connection, or a time limit, that came with it.
  const bodyText = await lifetime
    .guard(() => response.text(), '')
    .catch((error: unknown) => {
      if (error instanceof APIUserAbortError) throw error;
      return '';
    });
  return toAPIError(response.status, name, bodyText, response.headers);
}

/** Encodes a value for one segment of a path; a slash stays inside the segment. */
export function encodePathParameter(value: string): string {
  // An empty segment would name the whole collection, and a URL takes dots as steps, whatever their encoding.
  if (/^\.{0,2}$/.test(value)) {
    throw new ColloquyError(`An id is needed: "${value}" cannot be part of a URL path`);
  }
  return encodeURIComponent(value).replaceAll('%3A', ':');
}

/** Makes one attempt. */
async function send(settings: Settings, call: Call): Promise<Answer> {
  // Taken out of the options: a browser's `fetch` refuses to be called as a method of another object.
  const { apiKey, baseURL, fetch, timeout, idleTimeout } = settings;
  const name = `${call.method} ${call.path}`;
  const lifetime = new Lifetime(settings.signal);
  lifetime.limit(timeout, `${name}: not answered`);
  try {
    // A body or header that cannot be sent is the caller's mistake: its TypeError is thrown as it is.
    const init = {
      ...settings.fetchOptions,
      method: call.method,
      headers: joinHeaders(settings, typeof apiKey === 'function' ? await apiKey() : apiKey, call),
      // Undefined if there is none.
      body: JSON.stringify(call.body),
      signal: lifetime.signal,
    };
    const query = encodeQuery({ ...settings.defaultQuery, ...call.query, ...settings.query });
    const response = await lifetime.guard(
      () => fetch(`${baseURL}${call.path}${query}`, init),
      `${name}: no answer from ${baseURL}`,
    );
    if (response.ok) return { response, lifetime, idleTimeout };
    throw await readError(response, name, lifetime);
  } catch (error) {
    lifetime.close();
    throw error;
  }
}

/** By names in small letters. Not as `Headers`: whatever sends them makes its own, and twice would cost as much again. */
function joinHeaders(settings: Settings, apiKey: string | null, call: Call): Record<string, string> {
  const headers = { accept: 'application/json' };
  setHeaders(headers, {
    'content-type': call.body ? 'application/json' : null,
    authorization: apiKey === null ? null : `Bearer ${apiKey}`,
    'openai-organization': settings.organization,
    'openai-project': settings.project,
    'idempotency-key': settings.idempotencyKey ?? call.idempotencyKey,
  });
  setHeaders(headers, settings.defaultHeaders);
  setHeaders(headers, settings.headers);
  return headers;
}

function setHeaders(headers: Record<string, string>, added: HeadersLike | undefined): void {
  for (const [name, value] of listHeaders(added)) {
    const key = name.toLowerCase();
    if (value === null) delete headers[key];
    else if (value !== undefined) headers[key] = checkHeader(key, value);
  }
}

/** Else `fetch` would refuse it, in the way in which it tells of a broken connection. */
function checkHeader(name: string, value: string): string {
  // The value may be a secret.
  if (/[^\w!#$%&'*+.^`|~-]/.test(name) || /[^\t\x20-\x7e\x80-\xff]/.test(value)) {
    throw new TypeError(`The header "${name}" has a character that cannot be sent`);
  }
  return value;
}

function encodeQuery(query: Query): string {
  const text = String(new URLSearchParams(dropUndefined(query) as Record<string, string>));
  return text && `?${text}`;
}
