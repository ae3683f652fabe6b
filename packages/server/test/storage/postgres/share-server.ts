// For the whole run of tests: one server, which each file finds in the environment.

import { findBinaries, makeServer, type PostgresServer } from './server.ts';
import { SERVER_VARIABLE } from './stores.ts';

let server: PostgresServer | undefined;

export async function globalSetup(): Promise<void> {
  const binaries = findBinaries();
  if (process.env[SERVER_VARIABLE] || binaries === undefined) return;
  server = await makeServer(binaries);
  process.env[SERVER_VARIABLE] = server.url;
}

export async function globalTeardown(): Promise<void> {
  await server?.remove();
}
