// The settings, a row each: their names as option, variable and in the file, and what they may be.

import { isIP } from 'node:net';
import { homedir } from 'node:os';

import { DISCONNECT_POLICIES, LOG_LEVELS, REPLAY_POLICIES, STORE_POLICIES } from './config.ts';
import { parseRetain } from './retain.ts';

/** Timers cannot do less with any use … */
const MIN_MS = 10;
/** … nor more than 24 days; a day is long enough for any answer. */
const MAX_MS = 86_400_000;
const MS = `a whole number of milliseconds from ${MIN_MS} to ${MAX_MS}`;

const MAX_WORKERS = 128;

export interface Setting<T> {
  /** As in `--log-level`; the variable is then `COLLOQUY_LOG_LEVEL`, the member of the file `logLevel`. */
  readonly option: string;
  /** May be given several times. The file has a list, named in the plural; the variable separates by spaces or commas. */
  readonly isList?: boolean;
  /** How the help names the value. */
  readonly placeholder: string;
  readonly help: string;
  /** What the help gives as the default. */
  readonly defaultText: string;
  /** It may hold a password: what was given is not repeated where it is refused. */
  readonly isSecret?: boolean;
  /** Turns what was given into the setting. Throws `TypeError` with what it must be. */
  readonly parse: (given: unknown) => T;
}

export const SETTINGS = {
  host: {
    option: 'host',
    placeholder: 'ADDRESS',
    help: 'loopback address to listen on',
    defaultText: '127.0.0.1',
    parse: parseLoopback,
  },
  port: {
    option: 'port',
    placeholder: 'NUMBER',
    help: 'port to listen on; 0 takes a free one',
    defaultText: '8787',
    parse: parsePort,
  },
  allowedOrigins: {
    option: 'allow-origin',
    isList: true,
    placeholder: 'ORIGIN',
    help: 'pages of another machine that may call, like https://app.example; may be repeated',
    defaultText: 'none',
    parse: parseOrigins,
  },
  dataDir: {
    option: 'data',
    placeholder: 'FOLDER',
    help: 'folder of the store, made if it is missing',
    defaultText: '~/.local/share/colloquy',
    parse: parseFolder,
  },
  storeUrl: {
    option: 'store-url',
    isSecret: true,
    placeholder: 'URL',
    help: 'PostgreSQL database to keep completions in, like postgres://user@host:5432/colloquy',
    defaultText: 'SQLite in the folder',
    parse: parseStoreUrl,
  },
  storePolicy: {
    option: 'store',
    placeholder: 'POLICY',
    help: `what is kept: ${STORE_POLICIES.join(', ')}`,
    defaultText: 'requested',
    parse: (given) => parseChoice(given, STORE_POLICIES),
  },
  retain: {
    option: 'retain',
    placeholder: 'TIME',
    help: 'how long completions are kept: hours or days, like 12h or 30d; the file may have rules',
    defaultText: 'forever',
    parse: parseRetain,
  },
  replay: {
    option: 'replay',
    placeholder: 'POLICY',
    help: `whether what was asked before is answered from the store: ${REPLAY_POLICIES.join(', ')}`,
    defaultText: 'off',
    parse: (given) => parseChoice(given, REPLAY_POLICIES),
  },
  logLevel: {
    option: 'log-level',
    placeholder: 'LEVEL',
    help: `least severity to log: ${LOG_LEVELS.join(', ')}`,
    defaultText: 'info',
    parse: (given) => parseChoice(given, LOG_LEVELS),
  },
  onDisconnect: {
    option: 'on-disconnect',
    placeholder: 'POLICY',
    help: `what becomes of a kept answer whose caller leaves: ${DISCONNECT_POLICIES.join(', ')}`,
    defaultText: 'finish',
    parse: (given) => parseChoice(given, DISCONNECT_POLICIES),
  },
  finishTimeoutMs: {
    option: 'finish-timeout-ms',
    placeholder: 'MS',
    help: 'how long it is then read on',
    defaultText: '300000',
    parse: parseMs,
  },
  finishMaxBytes: {
    option: 'finish-max-bytes',
    placeholder: 'BYTES',
    help: 'how much of it is then read on',
    defaultText: '16777216',
    parse: parseBytes,
  },
  pingIntervalMs: {
    option: 'ping-interval-ms',
    placeholder: 'MS',
    help: 'how long a stream may be quiet before a comment is sent; off sends none',
    defaultText: '15000',
    parse: parseInterval,
  },
  workers: {
    option: 'workers',
    placeholder: 'NUMBER',
    help: 'processes that share the port and the store',
    defaultText: '1',
    parse: parseWorkers,
  },
  upstream: {
    option: 'upstream',
    placeholder: 'URL',
    help: 'base URL of an OpenAI-compatible server, like https://api.openai.com/v1',
    defaultText: 'the built-in demo, eliza',
    parse: parseBaseURL,
  },
  upstreamKeyEnv: {
    option: 'upstream-key-env',
    placeholder: 'NAME',
    help: "environment variable that holds the upstream's key",
    defaultText: 'OPENAI_API_KEY',
    parse: parseText,
  },
} satisfies Record<string, Setting<unknown>>;

export function toVariable(option: string): string {
  return `COLLOQUY_${option.toUpperCase().replaceAll('-', '_')}`;
}

/** `log-level` becomes `logLevel`. */
export function toCamelCase(option: string): string {
  return option.replaceAll(/-(.)/g, (_, letter: string) => letter.toUpperCase());
}

/** The name in the file. */
export function toMember({ option, isList = false }: Pick<Setting<unknown>, 'option' | 'isList'>): string {
  return toCamelCase(option) + (isList ? 's' : '');
}

export function parseText(given: unknown): string {
  if (typeof given !== 'string' || given.trim() === '')
    throw new TypeError('must be a text that is not empty');
  return given;
}

/** `~` is the shell's, and no shell has seen what comes from a variable or a file. */
function parseFolder(given: unknown): string {
  return parseText(given).replace(/^~(?=\/|$)/, homedir());
}

function parseStoreUrl(given: unknown): string {
  const text = parseText(given).trim();
  const url = URL.canParse(text) ? new URL(text) : undefined;
  if (url?.protocol !== 'postgres:' && url?.protocol !== 'postgresql:') {
    throw new TypeError('must be the URL of a PostgreSQL database, like postgres://user@host:5432/colloquy');
  }
  // Characters of a password that end it: what follows would be taken for something else.
  if (url.hash !== '') throw new TypeError("must not have a fragment: write '#' in a password as %23");
  try {
    decodeURIComponent(text);
  } catch {
    throw new TypeError("must not have a '%' that encodes nothing: write it as %25");
  }
  return text;
}

function parsePort(given: unknown): number {
  const port = typeof given === 'string' && /^\d{1,5}$/.test(given) ? Number(given) : given;
  if (typeof port !== 'number' || !Number.isInteger(port) || port < 0 || port > 65_535) {
    throw new TypeError('must be a whole number from 0 to 65535');
  }
  return port;
}

function parseInterval(given: unknown): number | false {
  if (given === false || given === 'off') return false;
  try {
    return parseMs(given);
  } catch {
    throw new TypeError(`must be off, or ${MS}`);
  }
}

function parseMs(given: unknown): number {
  const ms = typeof given === 'string' && /^\d+$/.test(given) ? Number(given) : given;
  if (typeof ms !== 'number' || !Number.isInteger(ms) || ms < MIN_MS || ms > MAX_MS) {
    throw new TypeError(`must be ${MS}`);
  }
  return ms;
}

function parseBytes(given: unknown): number {
  const bytes = typeof given === 'string' && /^\d+$/.test(given) ? Number(given) : given;
  if (typeof bytes !== 'number' || !Number.isSafeInteger(bytes) || bytes < 0) {
    throw new TypeError('must be a whole number of bytes');
  }
  return bytes;
}

function parseWorkers(given: unknown): number {
  const count = typeof given === 'string' && /^\d{1,3}$/.test(given) ? Number(given) : given;
  if (typeof count !== 'number' || !Number.isInteger(count) || count < 1 || count > MAX_WORKERS) {
    throw new TypeError(`must be a whole number from 1 to ${MAX_WORKERS}`);
  }
  return count;
}

/** Without keys, whoever reaches the port reads every completion: so only this machine may. */
function parseLoopback(given: unknown): string {
  const host = parseText(given);
  if (!isLoopback(host)) {
    throw new TypeError(
      'must be a loopback address (127.0.0.1, ::1 or localhost): this release has no keys yet, so that anyone who ' +
        'reaches an open port could read and delete every completion',
    );
  }
  // The name may have two addresses; one is listened on.
  return host === 'localhost' ? '127.0.0.1' : host;
}

function parseOrigins(given: unknown): readonly string[] {
  const list = typeof given === 'string' ? given.split(/[\s,]+/).filter(Boolean) : given;
  if (!Array.isArray(list)) throw new TypeError("must be a list of origins, such as ['https://app.example']");
  return Object.freeze([...new Set(list.map(parseOrigin))]);
}

function parseOrigin(given: unknown): string {
  if (given === '*' || given === 'null') {
    throw new TypeError(
      `must name each origin: '${given}' would let pages that nobody knows read and delete every completion`,
    );
  }
  const text = parseText(given).trim();
  // As browsers send it: small letters, no port that goes without saying, no slash at the end.
  const { protocol, host, pathname } = URL.canParse(text)
    ? new URL(text)
    : { protocol: '', host: '', pathname: '' };
  if (host === '' || pathname.length > 1 || /[?#@*\\\s]|^[^:]*:(?!\/\/)/.test(text)) {
    throw new TypeError(
      'must be origins, such as https://app.example or http://192.168.1.5:3000, and no more than that',
    );
  }
  return `${protocol}//${host.toLowerCase()}`;
}

/** Whether a host name or address, without port, can only mean this machine. */
export function isLoopback(host: string): boolean {
  return host === 'localhost' || host === '::1' || (isIP(host) === 4 && host.startsWith('127.'));
}

export function parseChoice<T extends string>(given: unknown, choices: readonly T[]): T {
  const choice = choices.find((known) => known === given);
  if (choice === undefined) throw new TypeError(`must be one of ${choices.join(', ')}`);
  return choice;
}

export function parseBaseURL(given: unknown): string {
  const text = parseText(given).trim();
  const url = URL.canParse(text) ? new URL(text) : undefined;
  if (url?.protocol !== 'http:' && url?.protocol !== 'https:') {
    throw new TypeError('must be a base URL as SDKs take it, like http://127.0.0.1:11434/v1');
  }
  // Also an empty one, which a URL does not show: the paths of the API would become part of it.
  if (/[?#]/.test(text)) throw new TypeError('must not have a query or a fragment');
  if (url.username !== '' || url.password !== '') {
    throw new TypeError('must not hold credentials: name the variable with the key instead');
  }
  return text;
}
