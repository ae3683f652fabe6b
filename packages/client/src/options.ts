import type { retry } from './retry.ts';

/** Headers in any form that is handy. `null` removes what would be sent otherwise; `undefined` changes nothing. */
export type HeadersLike =
  | Headers
  | ReadonlyArray<readonly [name: string, value: string | null | undefined]>
  | Readonly<Record<string, string | null | undefined>>;

/** Added to a URL; `undefined` adds nothing. */
export type Query = Readonly<Record<string, string | undefined>>;

/** What `fetch` takes beside what the client sets itself: `dispatcher`, `credentials`, `keepalive`, … */
export type FetchOptions = Readonly<RequestInit> & { readonly [option: string]: unknown };

/**
 * How to reach a server. Every member may be left out. The client reads what is not given from the environment, where
 * a variable is named below; the six functions take only what they are given.
 */
export interface ClientOptions {
  /**
   * Sent as a bearer token; without one, no `Authorization` header is sent, as a local server wants it. A function is
   * asked before each attempt, for tokens that expire.
   *
   * Environment: `OPENAI_API_KEY`. Default: none.
   */
  readonly apiKey?: string | (() => string | Promise<string>) | null | undefined;
  /**
   * Where the API begins, as every `openai` SDK takes it: `http://127.0.0.1:8787/v1`.
   *
   * Environment: `OPENAI_BASE_URL`. Default: `https://api.openai.com/v1`.
   */
  readonly baseURL?: string | null | undefined;
  /** Sent as `OpenAI-Organization`. Environment: `OPENAI_ORG_ID`. */
  readonly organization?: string | null | undefined;
  /** Sent as `OpenAI-Project`. Environment: `OPENAI_PROJECT_ID`. */
  readonly project?: string | null | undefined;
  /**
   * How long one attempt may take, in milliseconds: until the end of a plain answer, until the head of a stream.
   * `false` waits for ever. Throws `APIConnectionTimeoutError`. Default: 600000.
   */
  readonly timeout?: number | false | undefined;
  /**
   * How long a stream may go without an event, in milliseconds. Comments, which servers send to keep a connection
   * open, are no events: they do not hide a stall. `false` waits for ever. Throws `APIConnectionTimeoutError`.
   * Default: 600000.
   */
  readonly idleTimeout?: number | false | undefined;
  /**
   * How often a call is tried again if there was no answer, or one of 408, 409, 429, 500 and above. The server's
   * `x-should-retry` goes first. Default: 2; the functions need `retry` as well.
   */
  readonly maxRetries?: number | undefined;
  /**
   * The longest `retry-after` that is waited for, in milliseconds: a server that asks for more is not asked again, and
   * its error is thrown at once. Default: 60000.
   */
  readonly maxRetryDelay?: number | undefined;
  /**
   * What makes the further attempts. Default: in the client, {@link retry}; in the six functions, nothing, so that
   * who makes one attempt need not load it. `null` makes one attempt.
   */
  readonly retry?: typeof retry | null | undefined;
  /** Sent with every request; a name given here replaces the client's own header, and `null` removes it. */
  readonly defaultHeaders?: HeadersLike | undefined;
  /** Added to every URL. */
  readonly defaultQuery?: Query | undefined;
  /** What sends the requests. Default: the runtime's `fetch`. */
  readonly fetch?: typeof globalThis.fetch | undefined;
  /** Given to `fetch` with every request. */
  readonly fetchOptions?: FetchOptions | undefined;
}

/** What one call may change. */
export interface RequestOptions extends Pick<
  ClientOptions,
  'timeout' | 'idleTimeout' | 'maxRetries' | 'maxRetryDelay' | 'fetchOptions'
> {
  /** Aborts the call, and the reading of its stream, with an `APIUserAbortError`. */
  readonly signal?: AbortSignal | null | undefined;
  /** Sent with this request; a name given here replaces the client's, and `null` removes it. */
  readonly headers?: HeadersLike | undefined;
  /** Added to the URL of this request. */
  readonly query?: Query | null | undefined;
  /**
   * Sent as `Idempotency-Key`, the same with every attempt: a server that honours it answers a repeated request with
   * what it answered before. Default: a new one for each create request with `store: true`, none for the rest.
   */
  readonly idempotencyKey?: string | undefined;
}

/** What holds for a call: {@link ClientOptions} with every default filled in, and what the call itself changes. */
export interface Settings extends RequestOptions {
  readonly apiKey: string | (() => string | Promise<string>) | null;
  readonly baseURL: string;
  readonly organization: string | null;
  readonly project: string | null;
  readonly timeout: number | false;
  readonly idleTimeout: number | false;
  readonly maxRetries: number;
  readonly maxRetryDelay: number;
  readonly retry: typeof retry | null;
  readonly defaultHeaders: HeadersLike;
  readonly defaultQuery: Query;
  readonly fetch: typeof globalThis.fetch;
}

/** The runtime's `fetch`, looked up at each call: tools that record or mock requests replace it. */
export const platformFetch: typeof globalThis.fetch = (input, init) => globalThis.fetch(input, init);

const DEFAULTS = {
  apiKey: null,
  organization: null,
  project: null,
  timeout: 600_000,
  idleTimeout: 600_000,
  maxRetries: 2,
  maxRetryDelay: 60_000,
  retry: null,
  defaultHeaders: {},
  defaultQuery: {},
  fetch: platformFetch,
} satisfies Partial<Settings>;

/** Joins the defaults, the options and those of one call. */
export function settle(options: ClientOptions, requestOptions?: RequestOptions): Settings {
  return {
    ...DEFAULTS,
    ...dropUndefined(options),
    ...dropUndefined(requestOptions),
    baseURL: (options.baseURL ?? 'https://api.openai.com/v1').replace(/\/+$/, ''),
    fetchOptions: { ...options.fetchOptions, ...requestOptions?.fetchOptions },
  };
}

/** Headers in one of their forms, as pairs. */
export function listHeaders(
  headers: HeadersLike = {},
): Iterable<readonly [name: string, value: string | null | undefined]> {
  return Symbol.iterator in headers ? headers : Object.entries(headers);
}

type Defined<T> = { [Name in keyof T]?: Exclude<T[Name], undefined> };

/** What is `undefined` was not given, and does not stand for another value. */
export function dropUndefined<T extends object>(given: T | undefined): Defined<T> {
  const defined: Defined<T> = {};
  for (const name in given) {
    const value = given[name];
    if (value !== undefined) defined[name] = value as Exclude<T[typeof name], undefined>;
  }
  return defined;
}
