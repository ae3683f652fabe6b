// Which adapter, by the configuration. Apart from what a server needs, so that other commands start at once.

import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';

import type { Config } from '../config/config.ts';
import { describeStoreUrl } from './postgres/describe-store-url.ts';
import { openSqliteStorage } from './sqlite/storage.ts';
import type { Storage } from './storage.ts';

export type StorePlace = Pick<Config, 'storeUrl' | 'dataDir'>;

/** Where the store is, for people: without what may be secret. */
export function describeStore({ storeUrl, dataDir }: StorePlace): string {
  return storeUrl === undefined ? databasePath(dataDir) : describeStoreUrl(storeUrl);
}

/** The file in which completions are kept, unless a URL says otherwise. */
export function databasePath(dataDir: string): string {
  return join(dataDir, 'colloquy.db');
}

/** Makes the store if there is none. Throws `StorageError` if it cannot be opened. */
export async function openStorage({ storeUrl, dataDir }: StorePlace): Promise<Storage> {
  if (storeUrl !== undefined) {
    // Whoever keeps completions in SQLite need not wait for the driver.
    const { openPostgresStorage } = await import('./postgres/storage.ts');
    return openPostgresStorage(storeUrl);
  }
  await mkdir(dataDir, { recursive: true });
  return openSqliteStorage(databasePath(dataDir));
}
