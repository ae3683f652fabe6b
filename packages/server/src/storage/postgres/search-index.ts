// Keeps the index of full text search. Indexing a record costs more than keeping it, so that it is done afterwards, by
// whichever server comes first; a search lets it catch up before.

import { setTimeout as sleep } from 'node:timers/promises';

import type { Pool, PoolClient } from 'pg';

import type { JsonBytes } from '../../json/members.ts';
import { readSearchText } from '../search-text.ts';
import type { CompletionStatus } from '../storage.ts';
import { readText, spellText } from './text.ts';
import { useTransaction } from './transaction.ts';
import { toTextVector } from './words.ts';

/** How many records are indexed in one transaction. */
const BATCH = 64;

/** How often is looked whether the database has time. */
const PAUSE_MS = 20;

/** How many records a search waits for, at most. */
const MAX_CAUGHT_UP = 2048;

/** Takes how many. Nobody else indexes or deletes them meanwhile. What someone is busy with is passed by … */
const PICK = {
  name: 'pick_unindexed',
  text: composePick('', 'SKIP LOCKED'),
};
/** … but not by a search, which waits for it. Takes the project as well. */
const PICK_OF_PROJECT = {
  name: 'pick_unindexed_of_project',
  text: composePick('WHERE u.project = $2', ''),
};

/** Takes the project. */
const IS_BEHIND = {
  name: 'is_behind',
  text: 'SELECT FROM unindexed WHERE project = $1 LIMIT 1',
};

/** Takes projects, ids and words. */
const INDEX = {
  name: 'index_texts',
  text: `WITH given AS (
      SELECT * FROM unnest($1::text[], $2::text[], $3::text[]) AS given (project, id, words)
    ), done AS (
      DELETE FROM unindexed u USING given g WHERE u.project = g.project AND u.id = g.id
    )
    INSERT INTO texts (project, id, words) SELECT project, id, words::tsvector FROM given ON CONFLICT DO NOTHING`,
};

interface UnindexedRow {
  readonly project: string;
  readonly id: string;
  readonly status: CompletionStatus;
  readonly request: JsonBytes;
  readonly response: JsonBytes;
}

export class SearchIndex {
  readonly #pool: Pool;
  readonly #isBusy: () => boolean;
  #working: Promise<void> | undefined;
  /** Something was kept while the index was worked at. */
  #isBehind = false;
  #isStopped = false;

  /** While the database is busy with something better, as `isBusy` says, only searches let it index. */
  constructor(pool: Pool, isBusy: () => boolean) {
    this.#pool = pool;
    this.#isBusy = isBusy;
  }

  /** There is something to index. Never throws: what cannot be done now is done when this is called again. */
  wake(): void {
    this.#isBehind = true;
    this.#working ??= this.#work();
  }

  /** Indexes what the project has kept so far, unless that is much. */
  async catchUp(project: string): Promise<void> {
    const { rowCount } = await this.#pool.query({ ...IS_BEHIND, values: [spellText(project)] });
    if (rowCount === 0) return;
    for (let done = 0; done < MAX_CAUGHT_UP;) {
      const count = await this.#indexSome({ ...PICK_OF_PROJECT, values: [BATCH, spellText(project)] });
      if (count === 0) return;
      done += count;
    }
  }

  /** What is begun is ended. */
  async stop(): Promise<void> {
    this.#isStopped = true;
    await this.#working;
  }

  async #work(): Promise<void> {
    try {
      while (this.#isBehind && !this.#isStopped) {
        if (this.#isBusy()) {
          await sleep(PAUSE_MS);
          continue;
        }
        this.#isBehind = false;
        const count = await this.#indexSome({ ...PICK, values: [BATCH] });
        if (count === BATCH) this.#isBehind = true;
      }
    } catch {
      // The database is away, or busy: the next insert, search or start goes on.
    } finally {
      this.#working = undefined;
    }
  }

  /** Returns how many were picked. */
  #indexSome(pick: { name: string; text: string; values: unknown[] }): Promise<number> {
    return useTransaction(this.#pool, (client) => index(client, pick));
  }
}

async function index(
  client: PoolClient,
  pick: { name: string; text: string; values: unknown[] },
): Promise<number> {
  const { rows } = await client.query<UnindexedRow>(pick);
  if (rows.length === 0) return 0;
  const words = rows.map(({ project, status, request, response }) =>
    toTextVector(readText(project), status, readSearchText(request, response)),
  );
  const values = [rows.map(({ project }) => project), rows.map(({ id }) => id), words];
  await client.query({ ...INDEX, values });
  return rows.length;
}

function composePick(condition: string, locked: string): string {
  return `SELECT c.project, c.id, c.status, c.request, c.response
    FROM unindexed u JOIN completions c ON c.project = u.project AND c.id = u.id
    ${condition} ORDER BY u.project, u.id LIMIT $1 FOR NO KEY UPDATE OF c ${locked}`;
}
