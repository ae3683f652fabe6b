import { Client } from 'pg';

import { StorageError } from '../storage.ts';
import { describeStoreUrl } from './describe-store-url.ts';
import { toStorageError } from './failures.ts';
import { connectionConfig } from './pool.ts';

/** Does something on a connection of its own, which no time limit of the store's applies to. Throws as `nameDatabase` does. */
export async function useClient<T>(
  url: string,
  connectTimeoutMs: number,
  use: (client: Client) => Promise<T>,
): Promise<T> {
  return nameDatabase(url, async () => {
    const client = new Client(connectionConfig(url, connectTimeoutMs));
    // The statement that uses the connection fails too, and tells.
    client.on('error', () => undefined);
    try {
      await client.connect();
      return await use(client);
    } finally {
      await client.end();
    }
  });
}

/** Throws `StorageError` that names the database, without secrets, for whatever is thrown. */
export async function nameDatabase<T>(url: string, use: () => Promise<T>): Promise<T> {
  try {
    return await use();
  } catch (error) {
    throw new StorageError(`${describeStoreUrl(url)}: ${toStorageError(error).message}`, { cause: error });
  }
}
