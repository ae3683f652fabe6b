/** What the documentation promises of an upstream of which nothing but its URL is said. */
export const UPSTREAM_DEFAULTS = {
  models: ['*'],
  weight: undefined,
  headers: {},
  connectTimeoutMs: 10_000,
  firstByteTimeoutMs: 600_000,
  idleTimeoutMs: 600_000,
  totalTimeoutMs: false,
  maxConcurrent: false,
  maxWaiting: 100,
  retries: 1,
  forwardStore: false,
  credentials: 'config',
  renames: {},
} as const;
