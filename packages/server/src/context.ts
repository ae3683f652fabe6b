// Every part, built once, in the order in which they need each other.

import type { Config, UpstreamConfig } from './config/config.ts';
import { ExactAnswers } from './gateway/exact-answers.ts';
import { Gateway } from './gateway/gateway.ts';
import { Idempotency } from './gateway/idempotency.ts';
import { Journal, type JournalOptions } from './gateway/journal.ts';
import { Pings } from './gateway/pings.ts';
import { openStorage } from './storage/open-storage.ts';
import type { Storage } from './storage/storage.ts';
import { UpstreamTable } from './upstream/upstream-table.ts';

export interface Context {
  readonly config: Config;
  readonly storage: Storage;
  readonly upstreams: UpstreamTable;
  readonly gateway: Gateway;
  readonly journal: Journal;
  /** Asks other upstreams from now on; what is under way goes on with those that it began with. */
  replaceUpstreams(configs: readonly UpstreamConfig[]): void;
  /** Frees everything, after what is under way has ended. */
  close(): Promise<void>;
}

/** Throws `StorageError` if the store cannot be opened. */
export async function createContext(config: Config, journalOptions?: JournalOptions): Promise<Context> {
  const storage = await openStorage(config);
  const upstreams = new UpstreamTable(config.replay === 'only' ? [] : config.upstreams);
  const journal = new Journal(storage, journalOptions);
  const idempotency = new Idempotency(storage);
  const gateway = new Gateway({
    upstreams,
    storage,
    storePolicy: config.storePolicy,
    idempotency,
    journal,
    exactAnswers: new ExactAnswers(storage, config.replay),
    pings: new Pings(config.pingIntervalMs),
    disconnectRules: config,
  });
  return {
    config,
    storage,
    upstreams,
    gateway,
    journal,
    replaceUpstreams: (configs) => upstreams.replace(configs, gateway.settled()),
    async close() {
      await gateway.settled();
      await upstreams.close();
      await journal.close();
      await storage.close();
    },
  };
}
