// Where the tests of a file keep their stores: a database of its own, and in it a schema for each store.

import { randomUUID } from 'node:crypto';
import { after, describe } from 'node:test';

import { Client } from 'pg';

import { findBinaries, makeServer } from './server.ts';

/** The URL of a server to test on, as a user who may make databases. */
export const SERVER_VARIABLE = 'COLLOQUY_TEST_POSTGRES_URL';

export interface TestDatabase {
  /** Makes an empty schema, and returns the URL of the database that leads to it. */
  makeSchema(): Promise<string>;
}

/**
 * Runs `define` with a database that is gone after the tests of the file; or skips them, if there is no server. The file
 * of tests calls this once.
 */
export async function describeOnDatabase(
  name: string,
  define: (database: TestDatabase) => void,
): Promise<void> {
  const binaries = findBinaries();
  const given = process.env[SERVER_VARIABLE];
  if (!given && binaries === undefined) {
    const skip = `no PostgreSQL for ${process.platform}-${process.arch} on npm: set ${SERVER_VARIABLE} to try on another`;
    describe(name, { skip }, () => undefined);
    return;
  }
  const server = given || binaries === undefined ? undefined : await makeServer(binaries);
  const serverUrl = given || server?.url || '';
  const database = `colloquy_test_${randomUUID().replaceAll('-', '')}`;
  await run(serverUrl, `CREATE DATABASE ${database} ENCODING 'UTF8' TEMPLATE template0`);
  after(async () => {
    await run(serverUrl, `DROP DATABASE ${database} WITH (FORCE)`);
    await server?.remove();
  });
  const url = new URL(serverUrl);
  url.pathname = `/${database}`;
  let schemas = 0;
  describe(name, () =>
    define({
      async makeSchema() {
        const schema = `store_${(schemas += 1)}`;
        await run(url.href, `CREATE SCHEMA ${schema}`);
        return withOptions(url, `-csearch_path=${schema}`);
      },
    }),
  );
}

/** Sets what is in force on the connections that the URL leads to. */
function withOptions(url: URL, options: string): string {
  const changed = new URL(url);
  changed.searchParams.set('options', options);
  return changed.href;
}

/** Runs SQL on a connection of its own. */
export async function run(url: string, sql: string): Promise<Array<Record<string, unknown>>> {
  const client = new Client(url);
  client.on('error', () => undefined);
  try {
    await client.connect();
    const { rows } = await client.query<Record<string, unknown>>(sql);
    return rows;
  } finally {
    await client.end();
  }
}
