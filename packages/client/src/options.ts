import { ColloquyError } from './errors.ts';

/** Headers in any form that is handy. `null` removes what would be sent otherwise; `undefined` changes nothing. */
export type HeadersLike =
  | Headers
  | ReadonlyArray<readonly [name: string, value: string | null | undefined]>
  | Readonly<Record<string, string | null | undefined>>;

/** What `fetch` takes beside what the client sets itself: `dispatcher`, `credentials`, `keepalive`, … */
export type FetchOptions = Readonly<RequestInit> & { readonly [option: string]: unknown };

/** How to reach a server. Every member may be left out. */
export interface ClientOptions {
  /**
   * Sent as a bearer token; without one, no `Authorization` header is sent, as a local server wants it. A function is
   * asked before each attempt, for tokens that expire.
   *
   * Default: the environment variable `OPENAI_API_KEY`.
   */
  readonly apiKey?: string | (() => string | Promise<string>) | null | undefined;
  /**
   * Where the API begins, as every `openai` SDK takes it: `http://127.0.0.1:8787/v1`.
   *
   * Default: the environment variable `OPENAI_BASE_URL`, else `https://api.openai.com/v1`.
   */
  readonly baseURL?: string | null | undefined;
  /** Sent as `OpenAI-Organization`. Default: the environment variable `OPENAI_ORG_ID`. */
  readonly organization?: string | null | undefined;
  /** Sent as `OpenAI-Project`. Default: the environment variable `OPENAI_PROJECT_ID`. */
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
   * `x-should-retry` goes first. Default: 2.
   */
  readonly maxRetries?: number | undefined;
  /**
   * The longest `retry-after` that is waited for, in milliseconds: a server that asks for more is not asked again, and
   * its error is thrown at once. Default: 60000.
   */
  readonly maxRetryDelay?: number | undefined;
  /** Sent with every request; a name given here replaces the client's own header, and `null` removes it. */
  readonly defaultHeaders?: HeadersLike | undefined;
  /** Added to every URL. */
  readonly defaultQuery?: Readonly<Record<string, string | undefined>> | undefined;
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
  readonly query?: Readonly<Record<string, string | undefined>> | null | undefined;
  /**
   * Sent as `Idempotency-Key`, the same with every attempt: a server that honours it answers a repeated request with
   * what it answered before. Default: a new one for each create request with `store: true`, none for the rest.
   */
  readonly idempotencyKey?: string | undefined;
}

/** {@link ClientOptions} with every default filled in. It is a valid `ClientOptions` itself. */
export interface ResolvedOptions {
  readonly apiKey: string | (() => string | Promise<string>) | null;
  /** Without a slash at its end. */
  readonly baseURL: string;
  readonly organization: string | null;
  readonly project: string | null;
  readonly timeout: number | false;
  readonly idleTimeout: number | false;
  readonly maxRetries: number;
  readonly maxRetryDelay: number;
  readonly defaultHeaders: HeadersLike;
  readonly defaultQuery: Readonly<Record<string, string | undefined>>;
  readonly fetch: typeof globalThis.fetch;
  readonly fetchOptions: FetchOptions;
}

const DEFAULT_BASE_URL = 'https://api.openai.com/v1';
const DEFAULT_TIMEOUT_MS = 600_000;
const DEFAULT_MAX_RETRIES = 2;
const DEFAULT_MAX_RETRY_DELAY_MS = 60_000;

/** Fills in the defaults. Throws `ColloquyError` if `baseURL` is no HTTP URL. */
export function resolveOptions(options: ClientOptions = {}): ResolvedOptions {
  const baseURL = options.baseURL ?? readEnvironment('OPENAI_BASE_URL') ?? DEFAULT_BASE_URL;
  // "localhost:8787" is a URL too, of the scheme "localhost".
  if (!URL.canParse(baseURL) || !/^https?:/i.test(baseURL)) {
    throw new ColloquyError(
      `baseURL: "${baseURL}" is not an http(s) URL; it looks like http://127.0.0.1:8787/v1`,
    );
  }
  return {
    apiKey: readOption(options.apiKey, 'OPENAI_API_KEY'),
    baseURL: baseURL.replace(/\/+$/, ''),
    organization: readOption(options.organization, 'OPENAI_ORG_ID'),
    project: readOption(options.project, 'OPENAI_PROJECT_ID'),
    timeout: options.timeout ?? DEFAULT_TIMEOUT_MS,
    idleTimeout: options.idleTimeout ?? DEFAULT_TIMEOUT_MS,
    maxRetries: options.maxRetries ?? DEFAULT_MAX_RETRIES,
    maxRetryDelay: options.maxRetryDelay ?? DEFAULT_MAX_RETRY_DELAY_MS,
    defaultHeaders: options.defaultHeaders ?? {},
    defaultQuery: options.defaultQuery ?? {},
    // Looked up at each call: tools that record or mock requests replace it.
    fetch: options.fetch ?? ((input, init) => globalThis.fetch(input, init)),
    fetchOptions: options.fetchOptions ?? {},
  };
}

/** `null` says that there is none, whatever the environment says. */
function readOption<T>(given: T | null | undefined, variable: string): T | string | null {
  return given === undefined ? (readEnvironment(variable) ?? null) : given;
}

/** Browsers have no `process`; a Workers runtime has one that may be empty; Deno throws where it has no permission. */
function readEnvironment(name: string): string | undefined {
  const { process } = globalThis as { process?: { env?: Record<string, string | undefined> } };
  try {
    return process?.env?.[name]?.trim() || undefined;
  } catch {
    return undefined;
  }
}
