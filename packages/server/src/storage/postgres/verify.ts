// Reads everything that a database holds, and says what of it is no longer what was kept: texts by their hashes, and the
// rows that lists walk by what the completions say of themselves. All of it is seen as it was at one moment.

import type { Client } from 'pg';

import { readErrorMessage } from '../../error-message.ts';
import {
  describeWrongUses,
  findAttachmentDamage,
  HASH_BYTES,
  listAttachments,
  PLACE_BYTES,
  type WrongUses,
} from '../attachments.ts';
import type { Damage } from '../damage.ts';
import { readMetadata } from '../spell-metadata.ts';
import { READ_ATTACHMENT } from './attachments.ts';
import { checkSchema } from './migrate.ts';
import { spellFilters } from './rows.ts';
import { readText } from './text.ts';
import { useClient } from './use-client.ts';

/** How many records are read by one statement, or attachments that are counted wrong. */
const BATCH = 200;
const CONNECT_TIMEOUT_MS = 5000;

/** As many as a `bytea` can have, and more. */
const MAX_BYTES = 2 ** 31 - 1;

/** Takes project and id of the last one, and how many. */
const LIST_KEYS = `SELECT project, id FROM completions WHERE (project, id) > ($1, $2) ORDER BY project, id LIMIT $3`;

/** Takes projects and ids. Texts without attachments need not leave the database. */
const READ = `
  SELECT c.project, c.id, c.status, c.requested_model AS "requestedModel", c.model, c.metadata,
    sha256(c.request) = coalesce(substr(c.request_attachments, 1, ${HASH_BYTES}), c.request_sha256) AS "hasRequest",
    sha256(c.response) = c.response_sha256 AS "hasResponse", c.request_attachments IS NOT NULL AS "hasAttachments"
  FROM unnest($1::text[], $2::text[]) AS given (project, id) JOIN completions c USING (project, id)`;

/** Takes project and id. */
const READ_DETACHED = `SELECT request AS rest, request_attachments AS places, request_sha256 AS sha256
  FROM completions WHERE project = $1 AND id = $2`;

/** Takes an array for each column of `filters`. Finds the numbers, from 1, of rows that are not there. */
const FIND_MISSING = `
  SELECT given.number FROM unnest($1::text[], $2::text[], $3::text[], $4::text[], $5::text[])
    WITH ORDINALITY AS given (project, name, value, status, id, number)
  LEFT JOIN filters f USING (project, name, value, status, id) WHERE f.id IS NULL ORDER BY given.number`;

/** What is too much for the memory of the database lies in its temporary files. */
const COMPARE_USES = `
  DECLARE wrong_uses NO SCROLL CURSOR FOR
  SELECT a.project, a.sha256, a.uses AS counted, u.uses AS found
  FROM attachments a LEFT JOIN (
    SELECT c.project, used.sha256, count(*) AS uses
    FROM completions c CROSS JOIN LATERAL (
      SELECT DISTINCT substr(c.request_attachments, place, ${HASH_BYTES}) AS sha256
      FROM generate_series(${PLACE_BYTES + 1}, length(c.request_attachments), ${PLACE_BYTES}) AS place
    ) used
    WHERE c.project IN (SELECT project FROM attachments) AND c.request_attachments IS NOT NULL
    GROUP BY c.project, used.sha256
  ) u USING (project, sha256)
  WHERE a.uses IS DISTINCT FROM u.uses`;

const FETCH_WRONG_USES = `FETCH ${BATCH} FROM wrong_uses`;

interface Key {
  readonly project: string;
  readonly id: string;
}

interface Row extends Key {
  readonly status: string;
  readonly requestedModel: string;
  readonly model: string;
  readonly metadata: string;
  readonly hasRequest: boolean;
  readonly hasResponse: boolean;
  readonly hasAttachments: boolean;
}

type DetachedRow = Parameters<typeof findAttachmentDamage>[0];

/** A row that should be in `filters`: project, name, value, status, id. */
type FilterRow = readonly [string, string, string, string, string];

/**
 * Tells `onDamage` of each damaged record. Returns how many were read. Servers may use the database meanwhile.
 *
 * Throws `StorageError` if the database cannot be reached, or has another schema than this release.
 */
export async function verifyDatabase(url: string, onDamage: (damage: Damage) => void): Promise<number> {
  return useClient(url, CONNECT_TIMEOUT_MS, async (client) => {
    await checkSchema(client);
    await client.query('BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY');
    await client.query('SET LOCAL enable_seqscan = off; SET LOCAL enable_sort = off');
    return new Verification(client, onDamage).run();
  });
}

class Verification {
  readonly #client: Client;
  readonly #onDamage: (damage: Damage) => void;
  /** How many rows of `filters` were found. */
  #filters = 0;
  /** Whether there may be more of them: those of a record that cannot be read. */
  #isPartial = false;

  constructor(client: Client, onDamage: (damage: Damage) => void) {
    this.#client = client;
    this.#onDamage = onDamage;
  }

  async run(): Promise<number> {
    let count = 0;
    let last: Key | undefined = { project: '', id: '' };
    while (last !== undefined) {
      const keys: Key[] | Error = await this.#query<Key>(LIST_KEYS, [last.project, last.id, BATCH]);
      if (keys instanceof Error) {
        const place = last.id === '' ? 'the first record' : readText(last.id);
        this.#onDamage({ reason: `what is behind ${place} cannot be found: ${keys.message}` });
        return count;
      }
      if (keys.length > 0) await this.#checkRecords(keys);
      count += keys.length;
      last = keys.at(-1);
    }
    await this.#countFilters();
    await this.#compareUses();
    return count;
  }

  /** One that cannot be read does not hide the others. */
  async #checkRecords(keys: readonly Key[]): Promise<void> {
    const rows = await this.#query<Row>(READ, [keys.map(({ project }) => project), keys.map(({ id }) => id)]);
    if (!(rows instanceof Error)) {
      await this.#checkFilters(rows.flatMap((row) => this.#checkRecord(row)));
      for (const row of rows) if (row.hasRequest && row.hasAttachments) await this.#checkAttachments(row);
    } else if (keys.length > 1) {
      for (const key of keys) await this.#checkRecords([key]);
    } else {
      this.#isPartial = true;
      this.#tell(keys[0]!, `it cannot be read: ${rows.message}`);
    }
  }

  /** Returns its rows in `filters`. */
  #checkRecord(row: Row): FilterRow[] {
    if (!row.hasRequest) this.#tell(row, 'its request is damaged');
    if (!row.hasResponse) this.#tell(row, 'its response is damaged');
    try {
      const [model, requestedModel] = [readText(row.model), readText(row.requestedModel)];
      const filters = spellFilters({ model, requestedModel, metadata: readMetadata(row.metadata) });
      return filters.map(([name, value]) => [row.project, name, value, row.status, row.id]);
    } catch {
      this.#isPartial = true;
      this.#tell(row, 'its metadata is damaged');
      return [];
    }
  }

  async #checkAttachments({ project, id }: Row): Promise<void> {
    const rows = await this.#query<DetachedRow>(READ_DETACHED, [project, id]);
    if (rows instanceof Error) return this.#tell({ project, id }, `it cannot be read: ${rows.message}`);
    const detached = rows[0]!;
    const found = new Map<string, Uint8Array | undefined>();
    for (const sha256 of listAttachments(detached.places)) {
      const bytes = await this.#query<{ bytes: Uint8Array }>(READ_ATTACHMENT.text, [
        project,
        sha256,
        1,
        MAX_BYTES,
      ]);
      if (bytes instanceof Error) {
        return this.#tell({ project, id }, `an attachment cannot be read: ${bytes.message}`);
      }
      found.set(sha256.toString('hex'), bytes[0]?.bytes);
    }
    const reason = findAttachmentDamage(detached, (sha256) => found.get(sha256.toString('hex')));
    if (reason !== undefined) this.#tell({ project, id }, reason);
  }

  async #checkFilters(filters: readonly FilterRow[]): Promise<void> {
    const columns = [0, 1, 2, 3, 4].map((column) => filters.map((filter) => filter[column]));
    const missing = await this.#query<{ number: number }>(FIND_MISSING, columns);
    if (missing instanceof Error) {
      this.#isPartial = true;
      this.#onDamage({ reason: `what lists walk cannot be read: ${missing.message}` });
      return;
    }
    this.#filters += filters.length - missing.length;
    for (const { number } of missing) {
      const [project, name, , , id] = filters[number - 1]!;
      this.#tell({ project, id }, `lists by ${readText(name)} do not find it`);
    }
  }

  /** What is more than was found should not be there. */
  async #countFilters(): Promise<void> {
    if (this.#isPartial) return;
    const counted = await this.#query<{ count: number }>('SELECT count(*) AS count FROM filters', []);
    if (counted instanceof Error) {
      this.#onDamage({ reason: `what lists walk cannot be read: ${counted.message}` });
      return;
    }
    const more = counted[0]!.count - this.#filters;
    if (more > 0) this.#onDamage({ reason: `lists find completions by ${more} labels that they have not` });
  }

  /** The last of all: an error ends the transaction. */
  async #compareUses(): Promise<void> {
    try {
      await this.#client.query(COMPARE_USES);
      for (;;) {
        const { rows } = await this.#client.query<WrongUses>(FETCH_WRONG_USES);
        if (rows.length === 0) return;
        for (const row of rows) {
          this.#onDamage({ reason: describeWrongUses({ ...row, project: readText(row.project) }) });
        }
      }
    } catch (error) {
      this.#onDamage({ reason: `the uses of attachments cannot be counted: ${readErrorMessage(error)}` });
    }
  }

  #tell({ project, id }: Key, reason: string): void {
    this.#onDamage({ project: readText(project), id: readText(id), reason });
  }

  /** What is damaged ends the statement, but not the transaction. */
  async #query<T extends object>(text: string, values: unknown[]): Promise<T[] | Error> {
    await this.#client.query('SAVEPOINT before');
    try {
      const { rows } = await this.#client.query<T>(text, values);
      await this.#client.query('RELEASE before');
      return rows;
    } catch (error) {
      await this.#client.query('ROLLBACK TO before');
      return new Error(readErrorMessage(error), { cause: error });
    }
  }
}
