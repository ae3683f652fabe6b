import { ColloquyError } from './errors.ts';

/** How to reach a server. Every member may be left out. */
export interface ClientOptions {
  /**
   * Sent as a bearer token; without one, no `Authorization` header is sent, as a local server wants it.
   *
   * Default: the environment variable `OPENAI_API_KEY`.
   */
  readonly apiKey?: string | null | undefined;
  /**
   * Where the API begins, as every `openai` SDK takes it: `http://127.0.0.1:8787/v1`.
   *
   * Default: the environment variable `OPENAI_BASE_URL`, else `https://api.openai.com/v1`.
   */
  readonly baseURL?: string | null | undefined;
  /** Sent with every request; a name given here replaces the client's own header. */
  readonly defaultHeaders?: Readonly<Record<string, string>> | undefined;
  /** What sends the requests. Default: the runtime's `fetch`. */
  readonly fetch?: typeof globalThis.fetch | undefined;
}

/** What one call may change. */
export interface RequestOptions {
  /** Aborts the call, and the reading of its stream, with an `APIUserAbortError`. */
  readonly signal?: AbortSignal | null | undefined;
  /** Sent with this request; a name given here replaces the client's. */
  readonly headers?: Readonly<Record<string, string>> | undefined;
}

/** {@link ClientOptions} with every default filled in. It is a valid `ClientOptions` itself. */
export interface ResolvedOptions {
  readonly apiKey: string | null;
  /** Without a slash at its end. */
  readonly baseURL: string;
  readonly defaultHeaders: Readonly<Record<string, string>>;
  readonly fetch: typeof globalThis.fetch;
}

const DEFAULT_BASE_URL = 'https://api.openai.com/v1';

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
    apiKey: options.apiKey === undefined ? (readEnvironment('OPENAI_API_KEY') ?? null) : options.apiKey,
    baseURL: baseURL.replace(/\/+$/, ''),
    defaultHeaders: options.defaultHeaders ?? {},
    // Looked up at each call: tools that record or mock requests replace it.
    fetch: options.fetch ?? ((input, init) => globalThis.fetch(input, init)),
  };
}

/** Browsers have no `process`; a Workers runtime has one that may be empty. */
function readEnvironment(name: string): string | undefined {
  const { process } = globalThis as { process?: { env?: Record<string, string | undefined> } };
  return process?.env?.[name]?.trim() || undefined;
}
