// One call over HTTP: from an operation's parameters to the head of its answer, or to a typed error.

import { APIPromise } from './api-promise.ts';
import {
  APIConnectionError,
  APIError,
  APIUserAbortError,
  ColloquyError,
  describeError,
  findErrorObject,
  toAPIError,
} from './errors.ts';
import { resolveOptions, type ClientOptions, type RequestOptions, type ResolvedOptions } from './options.ts';

export interface Call {
  readonly method: 'GET' | 'POST' | 'DELETE';
  /** Below the base URL; parameters in it are already encoded. */
  readonly path: string;
  /** `null` becomes an empty value, a nested map `name[key]=value`. */
  readonly query?: object | undefined;
  /** Sent as JSON. */
  readonly body?: unknown;
}

/** Sends the call. Resolves with an answer below 400, its body unread; anything else is thrown. */
export async function request(
  options: ClientOptions,
  call: Call,
  requestOptions: RequestOptions = {},
): Promise<Response> {
  const resolved = resolveOptions(options);
  const response = await send(resolved, call, requestOptions);
  if (response.ok) return response;
  // The status says more than the break of a connection that came with it.
  const bodyText = await response.text().catch((error: unknown) => {
    if (requestOptions.signal?.aborted) throw new APIUserAbortError(error);
    return '';
  });
  throw toAPIError(response.status, `${call.method} ${call.path}`, bodyText, response.headers);
}

/** Sends the call and parses its JSON answer. */
export function requestJson<T>(
  options: ClientOptions,
  call: Call,
  requestOptions: RequestOptions = {},
): APIPromise<T> {
  return new APIPromise(request(options, call, requestOptions), (response) =>
    readJson<T>(response, requestOptions.signal),
  );
}

/** Reads a JSON body. The server's word is taken for the shape: the contract says what it must be. */
export async function readJson<T>(response: Response, signal?: AbortSignal | null): Promise<T> {
  const text = await response.text().catch((error: unknown) => {
    if (signal?.aborted) throw new APIUserAbortError(error);
    throw new APIConnectionError('The answer broke off', error);
  });
  const body = parseJson(text);
  // Some servers have spent their 200 by the time they fail. What has an id is an answer, though it may hold an
  // error as well: a completion that failed and was kept.
  const hasId = typeof body === 'object' && body !== null && 'id' in body;
  const error = hasId ? undefined : findErrorObject(body);
  if (error !== undefined) {
    const message = describeError(error) ?? 'The server answered with an error';
    throw new APIError(response.status, error, message, response.headers);
  }
  return body as T;
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
  { signal, headers }: RequestOptions,
): Promise<Response> {
  // Taken out of the options: a browser's `fetch` refuses to be called as a method of another object.
  const { fetch } = options;
  const url = `${options.baseURL}${call.path}${encodeQuery(call.query)}`;
  // A body or header that cannot be sent is the caller's mistake: its TypeError is thrown as it is.
  const init = {
    method: call.method,
    headers: joinHeaders(options, call, headers),
    ...(call.body !== undefined && { body: JSON.stringify(call.body) }),
    ...(signal && { signal }),
  };
  try {
    return await fetch(url, init);
  } catch (error) {
    if (signal?.aborted) throw new APIUserAbortError(error);
    throw new APIConnectionError(`${call.method} ${call.path}: no answer from ${options.baseURL}`, error);
  }
}

function joinHeaders(options: ResolvedOptions, call: Call, own: RequestOptions['headers']): Headers {
  const headers = new Headers({ accept: 'application/json' });
  if (call.body !== undefined) headers.set('content-type', 'application/json');
  if (options.apiKey !== null) headers.set('authorization', `Bearer ${options.apiKey}`);
  for (const [name, value] of Object.entries({ ...options.defaultHeaders, ...own })) headers.set(name, value);
  return headers;
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
