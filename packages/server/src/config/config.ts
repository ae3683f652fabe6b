import type { Metadata } from '@colloquy/client/contract';

/** Everything that a server is told, from whatever source. Frozen: what runs is what was printed at the start. */
export interface Config {
  readonly host: string;
  /** 0 takes a free port. */
  readonly port: number;
  /** Origins of pages that may call, beside those of this machine; as browsers send them. */
  readonly allowedOrigins: readonly string[];
  /** The folder of the store, unless `storeUrl` says where it is. */
  readonly dataDir: string;
  /** The PostgreSQL database that is the store. It may hold a password: never to be shown. */
  readonly storeUrl: string | undefined;
  readonly storePolicy: StorePolicy;
  /** Of several that match a completion, the first counts. What none matches stays. */
  readonly retain: readonly RetentionRule[];
  readonly logLevel: LogLevel;
  /** Whether requests are answered from the store. */
  readonly replay: ReplayPolicy;
  /** What becomes of a kept answer whose caller leaves. */
  readonly onDisconnect: DisconnectPolicy;
  /** How long it is then read on, in milliseconds. */
  readonly finishTimeoutMs: number;
  /** How much of it is then read on, in bytes. */
  readonly finishMaxBytes: number;
  /** How long a stream may be quiet before a comment is sent, in milliseconds; `false`: it may be for ever. */
  readonly pingIntervalMs: number | false;
  /** How many processes share the port and the store. */
  readonly workers: number;
  /** In order of preference. Empty: the built-in demo answers. */
  readonly upstreams: readonly UpstreamConfig[];
}

/** How long completions are kept. */
export interface RetentionRule {
  /** Undefined: those of every project. */
  readonly project: string | undefined;
  /** Every pair must match. */
  readonly metadata: Metadata;
  /** From the time in the id. Infinity: for ever. */
  readonly keepMs: number;
}

export interface UpstreamConfig {
  readonly name: string;
  /** As SDKs take it: `https://api.openai.com/v1`. */
  readonly baseURL: string;
  /** The variable that the key was read from; undefined if it is called without a key. */
  readonly keyEnv: string | undefined;
  /** The file that the key was read from instead. */
  readonly keyFile?: string;
  readonly apiKey: string | undefined;
  /** Model names; `*` stands for any run of characters. */
  readonly models: readonly string[];
  /** Its share of the requests among neighbours that have one; without, it comes before all that follow it. */
  readonly weight: number | undefined;
  /** Sent with every request; lower-case names. They may hold secrets: never to be shown. */
  readonly headers: Readonly<Record<string, string>>;
  /** How long a connection may take. Times are in milliseconds, and unlimited if they are `false`. */
  readonly connectTimeoutMs: number;
  /** From the end of the request to the head of the answer. */
  readonly firstByteTimeoutMs: number | false;
  /** Between two pieces of the answer. */
  readonly idleTimeoutMs: number | false;
  /** From the beginning of the call to the end of its answer. */
  readonly totalTimeoutMs: number | false;
  /** How many requests at once; any number if it is `false`. */
  readonly maxConcurrent: number | false;
  /** How many more may wait for one of them to end. */
  readonly maxWaiting: number;
  /** How many times it may be asked again for one request. */
  readonly retries: number;
  /** Whether `store` and `metadata` are forwarded. */
  readonly forwardStore: boolean;
  readonly credentials: Credentials;
  /** What the upstream calls members of a request, by their names in the API. */
  readonly renames: Readonly<Record<string, string>>;
}

export const CREDENTIALS = ['config', 'caller'] as const;
/** Whose `authorization` an upstream gets: that of the configuration, or what its caller sent. */
export type Credentials = (typeof CREDENTIALS)[number];

export const STORE_POLICIES = ['requested', 'always', 'never'] as const;
/** What is kept: what is asked for with `store: true`, everything, or nothing. */
export type StorePolicy = (typeof STORE_POLICIES)[number];

export const REPLAY_POLICIES = ['off', 'prefer', 'only'] as const;
/** Whether a request that was answered before is answered from the store: never, if it can be, or else not at all. */
export type ReplayPolicy = (typeof REPLAY_POLICIES)[number];

export const DISCONNECT_POLICIES = ['finish', 'abort'] as const;
/** What becomes of a kept answer whose caller leaves: it is read to its end, or ended. */
export type DisconnectPolicy = (typeof DISCONNECT_POLICIES)[number];

export const LOG_LEVELS = ['trace', 'debug', 'info', 'warn', 'error', 'fatal', 'silent'] as const;
export type LogLevel = (typeof LOG_LEVELS)[number];

/** A setting that cannot be used. Its message names where it was given, and what would be right. */
export class ConfigError extends Error {
  override readonly name = 'ConfigError';
}
