// Every part, built once, in the order in which they need each other.

import type { Config } from './config/config.ts';
import { Gateway } from './gateway/gateway.ts';
import { Idempotency } from './gateway/idempotency.ts';
import { Pings } from './gateway/pings.ts';
import { openStorage } from './storage/open-storage.ts';
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

/** Throws `StorageError` if the store cannot be opened. */
export async function createContext(config: Config): Promise<Context> {
  const storage = await openStorage(config);
  const routes = createModelRoutes(config.upstreams);
  const idempotency = new Idempotency(storage);
  const gateway = new Gateway({
    routes,
    storage,
    storePolicy: config.storePolicy,
    idempotency,
    pings: new Pings(config.pingIntervalMs),
    disconnectRules: config,
  });
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
