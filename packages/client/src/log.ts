// What goes over the wire, in the log: around `fetch`, so that nothing else knows of it.

import { ColloquyError } from './errors.ts';
import { platformFetch } from './options.ts';

/** Where to log to: `console`, pino, or anything with these methods. */
export interface Logger {
  error(message: string, ...details: unknown[]): void;
  warn(message: string, ...details: unknown[]): void;
  info(message: string, ...details: unknown[]): void;
  debug(message: string, ...details: unknown[]): void;
}

const LEVELS = ['off', 'error', 'warn', 'info', 'debug'] as const;

/** From nothing to everything; each level includes those before it. */
export type LogLevel = (typeof LEVELS)[number];

/** What {@link logRequests} goes by. */
export interface LogOptions {
  /**
   * `warn`: requests that got no answer. `info`: every request, with status and time. `debug`: headers and bodies as
   * well. Default: `warn`.
   */
  readonly level?: LogLevel | undefined;
  /** Default: `console`. */
  readonly logger?: Logger | undefined;
  /** What sends the requests. Default: the runtime's `fetch`. */
  readonly fetch?: typeof globalThis.fetch | undefined;
}

/** Names of headers and of parameters in URLs whose values are not for logs. */
const SECRET = /authorization|cookie|api[-_]?key|token|secret|password|session|signature|^sig$/i;
const HIDDEN = '***';

/**
 * A `fetch` that logs what it sends and gets, secrets hidden: `new Colloquy({ fetch: logRequests({ level: 'info' }) })`.
 * Throws `ColloquyError` if there is no such level.
 */
export function logRequests(options: LogOptions = {}): typeof globalThis.fetch {
  const { level = 'warn', logger = console, fetch = platformFetch } = options;
  if (!isLogLevel(level)) {
    throw new ColloquyError(`logLevel: "${level as string}" is none of ${LEVELS.join(', ')}`);
  }
  const isLogged = (wanted: LogLevel): boolean => LEVELS.indexOf(wanted) <= LEVELS.indexOf(level);
  let count = 0;

  return async (input, init) => {
    count += 1;
    const url = hideSecrets(input instanceof Request ? input.url : String(input));
    const name = `[${count}] ${init?.method ?? 'GET'} ${url}`;
    const start = performance.now();
    const elapsed = (): string => `${Math.round(performance.now() - start)} ms`;
    if (isLogged('debug')) {
      logger.debug(`${name}: sent`, { headers: listHeaders(init?.headers), body: init?.body });
    }
    try {
      const response = await fetch(input, init);
      if (isLogged('info')) logger.info(`${name}: ${response.status} after ${elapsed()}`);
      if (isLogged('debug')) logger.debug(`${name}: answered`, { headers: listHeaders(response.headers) });
      return response;
    } catch (error) {
      if (isLogged('warn')) logger.warn(`${name}: no answer after ${elapsed()}: ${String(error)}`);
      throw error;
    }
  };
}

/** Whether this is the name of a level. */
export function isLogLevel(text: string): text is LogLevel {
  return (LEVELS as readonly string[]).includes(text);
}

function listHeaders(headers: HeadersInit | undefined): Record<string, string> {
  const list = [...new Headers(headers)];
  return Object.fromEntries(list.map(([name, value]) => [name, SECRET.test(name) ? HIDDEN : value]));
}

function hideSecrets(text: string): string {
  if (!URL.canParse(text)) return text;
  const url = new URL(text);
  if (url.username || url.password) url.username = url.password = HIDDEN;
  for (const name of new Set(url.searchParams.keys())) {
    if (SECRET.test(name)) url.searchParams.set(name, HIDDEN);
  }
  return url.href;
}
