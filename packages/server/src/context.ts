// Every part, built once, in the order in which they need each other.

import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';

import type { Config } from './config/config.ts';
import { Gateway } from './gateway/gateway.ts';
import { Idempotency } from './gateway/idempotency.ts';
import { describeStoreUrl } from './storage/postgres/describe-store-url.ts';
import { openSqliteStorage } from './storage/sqlite/storage.ts';
import type { Storage } from './storage/storage.ts';
import { createModelRoutes } from './upstream/create-model-routes.ts';
import { ModelList } from './upstream/model-list.ts';

export interface Context {
  readonly config: Config;
  readonly storage: Storage;
  readonly models: ModelList;
  readonly gateway: Gateway;
  /** Frees everything, after what is under way has ended. */
  close(): Promise<void>;
}

/** Where the store is, for people: without what may be secret. */
export function describeStore({ storeUrl, dataDir }: Pick<Config, 'storeUrl' | 'dataDir'>): string {
  return storeUrl === undefined ? databasePath(dataDir) : describeStoreUrl(storeUrl);
}

/** The file in which completions are kept, unless a URL says otherwise. */
export function databasePath(dataDir: string): string {
  return join(dataDir, 'colloquy.db');
}

/** Throws `StorageError` if the store cannot be opened. */
export async function createContext(config: Config): Promise<Context> {
  const storage = await openStorage(config);
  const routes = createModelRoutes(config.upstreams);
  const idempotency = new Idempotency(storage);
  const gateway = new Gateway({ routes, storage, storePolicy: config.storePolicy, idempotency });
  return {
    config,
    storage,
    models: new ModelList(routes),
    gateway,
    async close() {
      await gateway.settled();
      await Promise.all(routes.map(({ upstream }) => upstream.close()));
      await storage.close();
    },
  };
}

async function openStorage({ storeUrl, dataDir }: Config): Promise<Storage> {
  if (storeUrl !== undefined) {
    // Whoever keeps completions in SQLite need not wait for the driver.
    const { openPostgresStorage } = await import('./storage/postgres/storage.ts');
    return openPostgresStorage(storeUrl);
  }
  await mkdir(dataDir, { recursive: true });
  return openSqliteStorage(databasePath(dataDir));
}
