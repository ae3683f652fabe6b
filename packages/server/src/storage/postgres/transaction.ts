import type { Pool, PoolClient } from 'pg';

/** Each in a transaction of its own, or those of one. */
export type Queries = Pick<Pool, 'query'>;

/**
 * Does something on one connection. If it fails, the connection is closed, and with it what was begun: what it is left with
 * is not known, and it may still be sending.
 */
export async function useConnection<T>(pool: Pool, use: (client: PoolClient) => Promise<T>): Promise<T> {
  const client = await pool.connect();
  try {
    const result = await use(client);
    client.release();
    return result;
  } catch (error) {
    client.release(true);
    throw error;
  }
}

/** Does something as one transaction. */
export async function useTransaction<T>(pool: Pool, use: (client: PoolClient) => Promise<T>): Promise<T> {
  return useConnection(pool, async (client) => {
    await client.query('BEGIN');
    const result = await use(client);
    await client.query('COMMIT');
    return result;
  });
}
