// Whether a database can keep what is promised, and how it would find things.

import type { Client } from 'pg';

import { readMintedAtMs } from '../../completion-id.ts';
import { readErrorMessage } from '../../error-message.ts';
import { fault, fine, note, type Finding } from '../finding.ts';
import { examineCitus, examineDistributedPlan } from './citus.ts';
import { MIGRATIONS, checkServer, readVersion } from './migrate.ts';
import { OPERATIONS, explain, type Step } from './plans.ts';
import { SETTINGS } from './pool.ts';
import { DEFAULTS } from './storage.ts';
import { readText } from './text.ts';
import { useClient } from './use-client.ts';

const CONNECT_TIMEOUT_MS = 5000;

/** Records without words are counted up to here. */
const MAX_COUNTED = 100_000;

const TABLES = [
  'attachments',
  'completions',
  'filters',
  'idempotency_keys',
  'journal',
  'noters',
  'texts',
  'unindexed',
] as const;

/**
 * Tells `onFinding` what it finds, one after another. Changes nothing.
 *
 * Throws `StorageError` if the database cannot be reached, is none that can hold a store, or is a newer release's.
 */
export async function examineDatabase(url: string, onFinding: (finding: Finding) => void): Promise<void> {
  await useClient(url, CONNECT_TIMEOUT_MS, async (client) => {
    await checkServer(client);
    const server = await readServer(client);
    for (const finding of examineServer(server)) onFinding(finding);
    const version = await readVersion(client);
    if (version < MIGRATIONS.length) {
      onFinding(
        version === 0
          ? note('there are no tables yet: the first server makes them')
          : note(`schema ${version}: the next server brings it to ${MIGRATIONS.length}`),
      );
      return;
    }
    onFinding(fine(`schema ${version}, the newest`));
    for (const finding of await examineTables(client)) onFinding(finding);
    const citus = server.citusVersion === null ? undefined : await examineCitus(client, server.citusVersion);
    for (const finding of citus?.findings ?? []) onFinding(finding);
    await client.query(SETTINGS);
    const examine = citus?.isDistributed === true ? examineDistributedPlan : examinePlan;
    for (const [operation, statements] of Object.entries(OPERATIONS)) {
      for (const statement of statements) {
        const finding = await examine(client, statement);
        onFinding({ ...finding, text: `${operation}: ${statement.name} ${finding.text}` });
      }
    }
  });
}

interface Server {
  readonly version: string;
  readonly encoding: string;
  readonly isStandby: boolean;
  readonly isReadOnly: boolean;
  readonly fsync: string;
  readonly fullPageWrites: string;
  readonly synchronousCommit: string;
  readonly standbys: string;
  readonly checksums: string;
  readonly autovacuum: string;
  /** For those who are no superusers. */
  readonly maxConnections: number;
  readonly hasLz4: boolean;
  /** Null where it is not installed in the database. */
  readonly citusVersion: string | null;
  readonly bytes: string;
}

const READ_SERVER = `
  SELECT current_setting('server_version') AS version, current_setting('server_encoding') AS encoding,
    pg_is_in_recovery() AS "isStandby", current_setting('transaction_read_only') = 'on' AS "isReadOnly",
    current_setting('fsync') AS fsync, current_setting('full_page_writes') AS "fullPageWrites",
    current_setting('synchronous_commit') AS "synchronousCommit",
    current_setting('synchronous_standby_names') AS standbys, current_setting('data_checksums') AS checksums,
    current_setting('autovacuum') AS autovacuum,
    least(
      current_setting('max_connections')::int - current_setting('superuser_reserved_connections')::int
        - coalesce(current_setting('reserved_connections', true)::int, 0),
      (SELECT nullif(datconnlimit, -1) FROM pg_database WHERE datname = current_database()),
      (SELECT nullif(rolconnlimit, -1) FROM pg_roles WHERE rolname = current_user)
    ) AS "maxConnections",
    EXISTS (SELECT FROM pg_settings WHERE name = 'default_toast_compression' AND 'lz4' = ANY (enumvals)) AS "hasLz4",
    (SELECT extversion FROM pg_extension WHERE extname = 'citus') AS "citusVersion",
    pg_size_pretty(pg_database_size(current_database())) AS bytes`;

async function readServer(client: Client): Promise<Server> {
  const { rows } = await client.query<Server>(READ_SERVER);
  return rows[0]!;
}

function examineServer(server: Server): Finding[] {
  const { maxConnections } = server;
  return [
    fine(`PostgreSQL ${server.version}, ${server.encoding}, ${server.bytes}`),
    ...(server.isStandby
      ? [fault('it is a standby: nothing can be kept. Give the URL of the primary')]
      : server.isReadOnly
        ? [fault('it is read-only: nothing can be kept. Set default_transaction_read_only = off')]
        : []),
    server.fsync === 'on'
      ? fine('fsync = on')
      : fault('fsync = off: a crash loses what was acknowledged, or all of it. Set fsync = on'),
    server.fullPageWrites === 'on'
      ? fine('full_page_writes = on')
      : fault(
          'full_page_writes = off: a crash may tear pages. Set it on, unless the file system never tears a page',
        ),
    fine(
      ['on', 'remote_apply'].includes(server.synchronousCommit)
        ? `synchronous_commit = ${server.synchronousCommit}`
        : `synchronous_commit = ${server.synchronousCommit} by default; on for the connections of Colloquy`,
    ),
    server.standbys === ''
      ? note('no synchronous standby: what is acknowledged is on the disk of this server only')
      : fine(`acknowledged after synchronous_standby_names = ${server.standbys}`),
    server.checksums === 'on'
      ? fine('data_checksums = on')
      : note('data_checksums = off: only colloquy verify finds what the disk has changed'),
    server.autovacuum === 'on'
      ? fine('autovacuum = on')
      : note('autovacuum = off: what is deleted stays in the files, and lists become slower'),
    maxConnections >= DEFAULTS.maxConnections
      ? fine(
          `${maxConnections} connections: enough for ${Math.floor(maxConnections / DEFAULTS.maxConnections)} servers of Colloquy with ${DEFAULTS.maxConnections} each`,
        )
      : fault(
          `${maxConnections} connections at most: a server of Colloquy uses up to ${DEFAULTS.maxConnections}, and refuses requests without them`,
        ),
    ...(server.hasLz4
      ? []
      : [note('built without LZ4: texts are compressed by pglz, which takes far more of its time')]),
  ];
}

async function examineTables(client: Client): Promise<Finding[]> {
  const findings: Finding[] = [];
  for (const table of TABLES) {
    const { rows } = await client.query<{ isAllowed: boolean; size: string; count: number }>(
      `SELECT has_table_privilege(c.oid, 'SELECT') AND has_table_privilege(c.oid, 'INSERT')
          AND has_table_privilege(c.oid, 'UPDATE') AND has_table_privilege(c.oid, 'DELETE') AS "isAllowed",
        pg_size_pretty(pg_total_relation_size(c.oid)) AS size, greatest(c.reltuples, 0)::float8 AS count
      FROM pg_class c WHERE c.oid = to_regclass($1)`,
      [table],
    );
    const found = rows[0];
    if (found === undefined) findings.push(fault(`${table}: the table is missing`));
    else if (!found.isAllowed)
      findings.push(fault(`${table}: GRANT SELECT, INSERT, UPDATE, DELETE ON ${table} to this role`));
    else findings.push(fine(`${table}: about ${found.count.toLocaleString('en')} rows, ${found.size}`));
  }
  if (!findings.some(({ level }) => level === 'fault')) findings.push(await examineIndex(client));
  return findings;
}

async function examineIndex(client: Client): Promise<Finding> {
  const { rows } = await client.query<{ count: number; oldest: string | null }>(
    'SELECT count(*) AS count, min(id) AS oldest FROM (SELECT id FROM unindexed LIMIT $1) AS waiting',
    [MAX_COUNTED],
  );
  const { count, oldest } = rows[0]!;
  if (oldest === null) return fine('the index of words is complete');
  const since = new Date(readMintedAtMs(readText(oldest))).toISOString();
  const many = count === MAX_COUNTED ? 'more than ' : '';
  return note(
    `the index of words is ${many}${count} completions behind, since ${since}: servers catch up when they have time`,
  );
}

async function examinePlan(client: Client, statement: Parameters<typeof explain>[1]): Promise<Finding> {
  try {
    const steps = await explain(client, statement);
    const scans = steps.filter((step) => step['Node Type'] === 'Seq Scan');
    if (scans.length === 0) return fine(describeSteps(steps));
    const tables = new Set(scans.map((step) => step['Relation Name']));
    return fault(`reads all of ${[...tables].join(', ')}: an index is missing or damaged`);
  } catch (error) {
    return fault(`cannot be run: ${readErrorMessage(error)}`);
  }
}

/** What is read, and by which index. */
function describeSteps(steps: readonly Step[]): string {
  const read = steps.flatMap((step) => (step['Index Name'] === undefined ? [] : [step['Index Name']]));
  const isSorted = steps.some((step) => step['Node Type'].endsWith('Sort'));
  const by = read.length === 0 ? 'reads no table' : `reads by ${[...new Set(read)].join(', ')}`;
  return `${by}${isSorted ? ', and sorts' : ''}`;
}
