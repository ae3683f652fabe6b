// What the file may say of an upstream, beside where it is and which key it wants: a row for each member.

import { CREDENTIALS, type UpstreamConfig } from './config.ts';
import { parseChoice, parseText } from './settings.ts';

export interface UpstreamSetting<T> {
  readonly fallback: T;
  /** It may hold a secret: what was given is not repeated where it is refused. */
  readonly isSecret?: boolean;
  /** Turns what was given into the setting. Throws `TypeError` with what it must be. */
  readonly parse: (given: unknown) => T;
}

type UpstreamSettings = {
  readonly [
    Member in Exclude<keyof UpstreamConfig, 'name' | 'baseURL' | 'keyEnv' | 'keyFile' | 'apiKey'>
  ]: UpstreamSetting<UpstreamConfig[Member]>;
};

/** A day: beyond it, off is meant. */
const MAX_TIMEOUT_MS = 86_400_000;
/** As long as the SDKs wait: reasoning models think for minutes before their first byte. */
const ANSWER_TIMEOUT_MS = 600_000;

/** What the gateway itself reads in a request. */
const OWNED_MEMBERS: ReadonlySet<string> = new Set([
  'model',
  'messages',
  'n',
  'stream',
  'stream_options',
  'store',
  'metadata',
]);

/** Set for each connection or request, or by another member of the configuration. */
const OWN_HEADERS: ReadonlySet<string> = new Set([
  'accept',
  'accept-encoding',
  'authorization',
  'connection',
  'content-encoding',
  'content-length',
  'content-type',
  'expect',
  'host',
  'idempotency-key',
  'keep-alive',
  'te',
  'trailer',
  'transfer-encoding',
  'upgrade',
  'x-request-id',
]);

export const UPSTREAM_SETTINGS: UpstreamSettings = {
  models: { fallback: Object.freeze(['*']), parse: parsePatterns },
  weight: { fallback: undefined, parse: (given) => parseWhole(given, 1, 1000) },
  headers: { fallback: Object.freeze({}), isSecret: true, parse: parseHeaders },
  connectTimeoutMs: { fallback: 10_000, parse: (given) => parseWhole(given, 1, MAX_TIMEOUT_MS) },
  firstByteTimeoutMs: { fallback: ANSWER_TIMEOUT_MS, parse: parseTimeout },
  idleTimeoutMs: { fallback: ANSWER_TIMEOUT_MS, parse: parseTimeout },
  totalTimeoutMs: { fallback: false, parse: parseTimeout },
  maxConcurrent: { fallback: false, parse: (given) => parseWholeOrOff(given, 1, 100_000) },
  maxWaiting: { fallback: 100, parse: (given) => parseWhole(given, 0, 100_000) },
  retries: { fallback: 1, parse: (given) => parseWhole(given, 0, 10) },
  forwardStore: { fallback: false, parse: parseFlag },
  credentials: { fallback: 'config', parse: (given) => parseChoice(given, CREDENTIALS) },
  renames: { fallback: Object.freeze({}), parse: parseRenames },
};

/** Sent back in a header, and written to logs. */
export function parseUpstreamName(given: unknown): string {
  const name = parseText(given);
  if (!/^[!-~]([ -~]{0,98}[!-~])?$/.test(name)) {
    throw new TypeError(
      'must be up to 100 characters of ASCII, without spaces at its ends: it is sent in the header x-colloquy-upstream',
    );
  }
  return name;
}

function parsePatterns(given: unknown): readonly string[] {
  if (!Array.isArray(given) || given.length === 0)
    throw new TypeError("must be a list of model names, such as ['gpt-*']");
  return Object.freeze(given.map(parseText));
}

function parseTimeout(given: unknown): number | false {
  return parseWholeOrOff(given, 1, MAX_TIMEOUT_MS);
}

function parseWholeOrOff(given: unknown, min: number, max: number): number | false {
  if (given === false) return false;
  if (isWhole(given, min, max)) return given;
  throw new TypeError(`must be a whole number from ${min} to ${max}, or false for no limit`);
}

function parseWhole(given: unknown, min: number, max: number): number {
  if (isWhole(given, min, max)) return given;
  throw new TypeError(`must be a whole number from ${min} to ${max}`);
}

function isWhole(given: unknown, min: number, max: number): given is number {
  return Number.isInteger(given) && (given as number) >= min && (given as number) <= max;
}

function parseFlag(given: unknown): boolean {
  if (typeof given !== 'boolean') throw new TypeError('must be true or false');
  return given;
}

function parseHeaders(given: unknown): Readonly<Record<string, string>> {
  const headers = new Map<string, string>();
  for (const [spelled, value] of readMap(given, "must be a map of headers, such as {X-Title: 'Our house'}")) {
    const name = spelled.toLowerCase();
    if (!/^[\w!#$%&'*+.^`|~-]+$/.test(name))
      throw new TypeError(`must have names of headers: '${spelled}' is none`);
    if (OWN_HEADERS.has(name)) {
      throw new TypeError(
        `must not have '${spelled}': it is set by the server; a key goes into keyEnv, or comes with credentials: caller`,
      );
    }
    if (headers.has(name)) throw new TypeError(`must not have '${spelled}' twice`);
    if (typeof value !== 'string' || !/^[!-~]([\t -~]*[!-~])?$/.test(value)) {
      throw new TypeError(`must have a text of ASCII characters on one line for '${spelled}'`);
    }
    headers.set(name, value);
  }
  return Object.freeze(Object.fromEntries(headers));
}

function parseRenames(given: unknown): Readonly<Record<string, string>> {
  const renames = new Map<string, string>();
  const used = new Set<string>();
  for (const [from, to] of readMap(
    given,
    'must be a map of names, such as {max_completion_tokens: max_tokens}',
  )) {
    if (from === '' || typeof to !== 'string' || to === '') {
      throw new TypeError(`must have a name that is not empty for '${from}', as the upstream spells it`);
    }
    for (const name of [from, to]) {
      if (OWNED_MEMBERS.has(name))
        throw new TypeError(`must leave '${name}' alone: the server itself reads it`);
    }
    if (used.has(to)) throw new TypeError(`must not give the name '${to}' to two members`);
    used.add(to);
    renames.set(from, to);
  }
  return Object.freeze(Object.fromEntries(renames));
}

function readMap(given: unknown, mustBe: string): Array<[string, unknown]> {
  if (typeof given !== 'object' || given === null || Array.isArray(given)) throw new TypeError(mustBe);
  return Object.entries(given);
}
