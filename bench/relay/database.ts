// The PostgreSQL server that the tests use, but one that syncs.

import { findBinaries, makeServer } from '../../packages/server/test/storage/postgres/server.ts';

export interface Database {
  readonly url: string;
  readonly stop: () => Promise<void>;
}

/** Undefined where npm has no PostgreSQL for the platform. */
export async function startDatabase(): Promise<Database | undefined> {
  const binaries = findBinaries();
  if (binaries === undefined) return undefined;
  const server = await makeServer(binaries, []);
  return { url: server.url, stop: () => server.remove() };
}
