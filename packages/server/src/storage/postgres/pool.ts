import { Pool, TypeOverrides, types, type PoolConfig } from 'pg';

/** The database gives a statement up after this time. */
const STATEMENT_TIMEOUT_MS = 10_000;

/** A statement is given up after this time also if nothing is heard of the database. */
const SILENCE_TIMEOUT_MS = 12_000;

/**
 * What is in force on every connection.
 *
 * An answer may be acknowledged once it is committed: more than `on` may be the database's default, but not less. Every
 * statement here finds its rows by an index, and lists read an index in its order. The planner, which knows neither the
 * parameters nor how many rows are skipped, must not think of anything else.
 */
export const SETTINGS = `
  SELECT set_config('synchronous_commit', 'on', false)
    WHERE current_setting('synchronous_commit') NOT IN ('on', 'remote_apply');
  SET plan_cache_mode = force_generic_plan;
  SET enable_seqscan = off;
  SET enable_sort = off;
  SET enable_hashjoin = off;
  SET enable_mergejoin = off;
  SET jit = off;`;

const TYPES = new TypeOverrides();
// Ours are integers below 2^53.
TYPES.setTypeParser(types.builtins.INT8, Number);
TYPES.setTypeParser(types.builtins.BYTEA, readBytes);

/** What every connection of ours needs. */
export function connectionConfig(url: string, connectTimeoutMs: number): PoolConfig {
  return {
    connectionString: url,
    fallback_application_name: 'colloquy',
    connectionTimeoutMillis: connectTimeoutMs,
    keepAlive: true,
    types: TYPES,
  };
}

export interface PoolLimits {
  readonly min?: number;
  readonly max: number;
  /** How long a call waits for a connection: for a new one, or until one is free. */
  readonly connectTimeoutMs: number;
}

/** Connects when it is needed. `onLost` is told of connections that were lost while nothing was asked. */
export function createPool(
  url: string,
  { connectTimeoutMs, ...limits }: PoolLimits,
  onLost: (error: Error) => void,
): Pool {
  const pool = new Pool({
    ...connectionConfig(url, connectTimeoutMs),
    ...limits,
    statement_timeout: STATEMENT_TIMEOUT_MS,
    query_timeout: SILENCE_TIMEOUT_MS,
    onConnect: async (client) => {
      // The call that uses the connection fails too, and tells; an error that nobody hears would end the process.
      client.on('error', () => undefined);
      await client.query(SETTINGS);
    },
  });
  pool.on('error', onLost);
  return pool;
}

/** A plain array, as other stores return. */
function readBytes(spelled: string): Uint8Array {
  const { buffer, byteOffset, byteLength } = Buffer.from(spelled.slice(2), 'hex');
  return new Uint8Array(buffer, byteOffset, byteLength);
}
