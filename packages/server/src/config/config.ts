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
  readonly logLevel: LogLevel;
  /** How many processes share the port and the store. */
  readonly workers: number;
  /** In order of preference. Empty: the built-in demo answers. */
  readonly upstreams: readonly UpstreamConfig[];
}

export interface UpstreamConfig {
  readonly name: string;
  /** As SDKs take it: `https://api.openai.com/v1`. */
  readonly baseURL: string;
  /** The variable that the key was read from; undefined if it is called without a key. */
  readonly keyEnv: string | undefined;
  readonly apiKey: string | undefined;
  /** Model names; `*` stands for any run of characters. */
  readonly models: readonly string[];
}

export const STORE_POLICIES = ['requested', 'always', 'never'] as const;
/** What is kept: what is asked for with `store: true`, everything, or nothing. */
export type StorePolicy = (typeof STORE_POLICIES)[number];

export const LOG_LEVELS = ['trace', 'debug', 'info', 'warn', 'error', 'fatal', 'silent'] as const;
export type LogLevel = (typeof LOG_LEVELS)[number];

/** A setting that cannot be used. Its message names where it was given, and what would be right. */
export class ConfigError extends Error {
  override readonly name = 'ConfigError';
}
