// Option > environment > file > default, into one frozen object.

import { readFileSync } from 'node:fs';
import { homedir } from 'node:os';
import { isAbsolute, join, resolve } from 'node:path';
import { inspect } from 'node:util';

import { readErrorMessage } from '../error-message.ts';
import { readConfigFile, type ConfigFile, type Given, type Section } from './config-file.ts';
import { ConfigError, type Config, type RetentionRule, type UpstreamConfig } from './config.ts';
import { SETTINGS, parseBaseURL, parseText, toMember, toVariable, type Setting } from './settings.ts';
import { UPSTREAM_SETTINGS, parseUpstreamName, type UpstreamSetting } from './upstream-settings.ts';

type Environment = Readonly<Record<string, string | undefined>>;
/** What the command line gave, by the names of its options. */
export type GivenOptions = Readonly<Record<string, string | readonly string[] | undefined>>;
type Find = (setting: Pick<Setting<unknown>, 'option' | 'isList'>) => Given | undefined;

const DEFAULT_KEY_ENV = 'OPENAI_API_KEY';
const NO_ORIGINS: readonly string[] = Object.freeze([]);
const NO_RULES: readonly RetentionRule[] = Object.freeze([]);
const NO_MEMBERS: Section['members'] = new Map();

/** Throws `ConfigError` that names the option, the variable, or the file and line. */
export function loadConfig(options: GivenOptions, env: Environment): Config {
  const findOutside: Find = ({ option }) => findOption(options, option) ?? findVariable(env, option);
  const path = findOutside({ option: 'config' });
  const file = path && readConfigFile(parse(path, parseText), path.place);
  const find: Find = (setting) => findOutside(setting) ?? file?.members.get(toMember(setting));

  function read<T>(setting: Setting<T>, fallback: T): T {
    const given = find(setting);
    return given === undefined ? fallback : parse(given, setting.parse, setting.isSecret);
  }

  return Object.freeze({
    host: read(SETTINGS.host, '127.0.0.1'),
    port: read(SETTINGS.port, 8787),
    allowedOrigins: read(SETTINGS.allowedOrigins, NO_ORIGINS),
    dataDir: resolve(read(SETTINGS.dataDir, defaultDataDir(env))),
    storeUrl: read<string | undefined>(SETTINGS.storeUrl, undefined),
    storePolicy: read(SETTINGS.storePolicy, 'requested'),
    retain: read(SETTINGS.retain, NO_RULES),
    replay: read(SETTINGS.replay, 'off'),
    logLevel: read(SETTINGS.logLevel, 'info'),
    onDisconnect: read(SETTINGS.onDisconnect, 'finish'),
    finishTimeoutMs: read(SETTINGS.finishTimeoutMs, 300_000),
    finishMaxBytes: read(SETTINGS.finishMaxBytes, 16_777_216),
    pingIntervalMs: read<number | false>(SETTINGS.pingIntervalMs, 15_000),
    workers: read(SETTINGS.workers, 1),
    upstreams: Object.freeze(
      readUpstreams(findOutside, file, env).map((upstream) => Object.freeze(upstream)),
    ),
  });
}

function findOption(options: GivenOptions, option: string): Given | undefined {
  const value = options[option];
  return value === undefined ? undefined : { value, place: `--${option}` };
}

function findVariable(env: Environment, option: string): Given | undefined {
  const place = toVariable(option);
  // Many tools unset a variable by setting it to nothing.
  return env[place] ? { value: env[place], place } : undefined;
}

function parse<T>({ value, place }: Given, parseValue: (given: unknown) => T, isSecret = false): T {
  try {
    return parseValue(value);
  } catch (error) {
    if (!(error instanceof TypeError)) throw error;
    throw new ConfigError(`${place} ${error.message}${isSecret ? '' : `; it is ${quote(value)}`}`);
  }
}

/** YAML has values that JSON has not: infinity, and lists that hold themselves. */
function quote(value: unknown): string {
  const text = typeof value === 'string' ? JSON.stringify(value) : inspect(value, { breakLength: Infinity });
  // Credentials in a URL are refused, and not printed.
  return text.replaceAll(/\/\/.*@/g, '//…@');
}

/** One upstream by `upstream`, or several by the file's `upstreams`. */
function readUpstreams(findOutside: Find, file: ConfigFile | undefined, env: Environment): UpstreamConfig[] {
  const inFile: Find = (setting) => file?.members.get(toMember(setting));
  const urlOutside = findOutside(SETTINGS.upstream);
  const url = urlOutside ?? inFile(SETTINGS.upstream);
  // The file's key is for the file's upstream: no other host may get it.
  const keyInFile = urlOutside === undefined ? inFile(SETTINGS.upstreamKeyEnv) : undefined;
  const keyEnv = findOutside(SETTINGS.upstreamKeyEnv) ?? keyInFile;
  if (url !== undefined) {
    if (urlOutside === undefined && file?.upstreams !== undefined) {
      throw new ConfigError(`${url.place} stands beside upstreams: keep one of the two`);
    }
    const baseURL = parse(url, parseBaseURL);
    const key = keyEnv === undefined ? readDefaultKey(env) : readKey(keyEnv, env);
    return [{ name: new URL(baseURL).host, baseURL, ...key, ...readUpstreamSettings(NO_MEMBERS) }];
  }
  if (keyEnv !== undefined)
    throw new ConfigError(`${keyEnv.place} names a key for an upstream, but none is given`);
  const upstreams = (file?.upstreams ?? []).map((section) => readUpstream(section, env));
  for (const [index, { name }] of upstreams.entries()) {
    if (upstreams.findIndex((other) => other.name === name) !== index) {
      throw new ConfigError(
        `${file?.upstreams?.[index]?.place}: there is another upstream '${name}': give it a name of its own`,
      );
    }
  }
  return upstreams;
}

function readUpstream({ place, members }: Section, env: Environment): UpstreamConfig {
  const url = members.get('baseURL');
  if (url === undefined) throw new ConfigError(`${place}: this upstream needs a baseURL`);
  const baseURL = parse(url, parseBaseURL);
  const name = members.get('name');
  const settings = readUpstreamSettings(members);
  return {
    name: name === undefined ? new URL(baseURL).host : parse(name, parseUpstreamName),
    baseURL,
    ...readUpstreamKey(members, settings.credentials, env),
    ...settings,
  };
}

function readUpstreamSettings(
  members: Section['members'],
): Omit<UpstreamConfig, 'name' | 'baseURL' | keyof Key> {
  function read<Member extends keyof typeof UPSTREAM_SETTINGS>(member: Member): UpstreamConfig[Member] {
    const setting: UpstreamSetting<UpstreamConfig[Member]> = UPSTREAM_SETTINGS[member];
    const given = members.get(member);
    return given === undefined ? setting.fallback : parse(given, setting.parse, setting.isSecret);
  }

  return {
    models: read('models'),
    weight: read('weight'),
    headers: read('headers'),
    connectTimeoutMs: read('connectTimeoutMs'),
    firstByteTimeoutMs: read('firstByteTimeoutMs'),
    idleTimeoutMs: read('idleTimeoutMs'),
    totalTimeoutMs: read('totalTimeoutMs'),
    maxConcurrent: read('maxConcurrent'),
    maxWaiting: read('maxWaiting'),
    retries: read('retries'),
    forwardStore: read('forwardStore'),
    credentials: read('credentials'),
    renames: read('renames'),
  };
}

type Key = Pick<UpstreamConfig, 'keyEnv' | 'keyFile' | 'apiKey'>;

/** From the environment, or from a file, which can be read again while the server runs. */
function readUpstreamKey(
  members: Section['members'],
  credentials: UpstreamConfig['credentials'],
  env: Environment,
): Key {
  const [keyEnv, keyFile] = [members.get('keyEnv'), members.get('keyFile')];
  const given = keyEnv ?? keyFile;
  if (given === undefined) return { keyEnv: undefined, apiKey: undefined };
  const isTwice = keyEnv !== undefined && keyFile !== undefined;
  if (isTwice || credentials === 'caller') {
    throw new ConfigError(
      `${given.place} stands beside ${isTwice ? 'keyFile' : 'credentials: caller'}: one key can be sent, so keep one of the two`,
    );
  }
  return keyFile === undefined ? readKey(given, env) : readKeyFile(keyFile);
}

function readKeyFile(given: Given): Key {
  const keyFile = parse(given, parseText);
  let apiKey: string;
  try {
    apiKey = readFileSync(keyFile, 'utf8').trim();
  } catch (error) {
    throw new ConfigError(`${given.place}: the file cannot be read: ${readErrorMessage(error)}`);
  }
  // What a header cannot hold is no key, and is not shown either.
  if (!/^[!-~]+$/.test(apiKey)) {
    throw new ConfigError(`${given.place}: ${keyFile} must hold the key alone, in one line of ASCII`);
  }
  return { keyEnv: undefined, keyFile, apiKey };
}

/** A key that was named must be there: without it, every request would fail later. */
function readKey(given: Given, env: Environment): { keyEnv: string; apiKey: string } {
  const keyEnv = parse(given, parseText);
  const apiKey = env[keyEnv]?.trim();
  if (!apiKey) throw new ConfigError(`${given.place}: the environment variable ${keyEnv} is not set`);
  return { keyEnv, apiKey };
}

/** Without the usual variable, the upstream is taken for a local server that wants no key. */
function readDefaultKey(env: Environment): { keyEnv: string | undefined; apiKey: string | undefined } {
  const apiKey = env[DEFAULT_KEY_ENV]?.trim() || undefined;
  return { keyEnv: apiKey && DEFAULT_KEY_ENV, apiKey };
}

/** Where programs keep their data for a user. @see https://specifications.freedesktop.org/basedir-spec/latest/ */
function defaultDataDir(env: Environment): string {
  const given = env['XDG_DATA_HOME'] ?? '';
  // A relative path is to be ignored.
  return join(isAbsolute(given) ? given : join(homedir(), '.local', 'share'), 'colloquy');
}
