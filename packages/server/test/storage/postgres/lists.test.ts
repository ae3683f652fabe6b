// How lists walk: by an index, in its order, whatever the planner knows of the tables.

import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';

import type { Pool } from 'pg';

import { mintCompletionId } from '../../../src/completion-id.ts';
import {
  COUNTS,
  COUNT_WORDS,
  LISTS,
  LISTS_OF_TWO,
  SEARCHES_BY_FILTER,
  SEARCHES_BY_WORDS,
  listCompletions,
  listLabels,
} from '../../../src/storage/postgres/lists.ts';
import { MEETING, OPERATIONS, explain, type Step } from '../../../src/storage/postgres/plans.ts';
import { createPool } from '../../../src/storage/postgres/pool.ts';
import { openPostgresStorage } from '../../../src/storage/postgres/storage.ts';
import type { ListQuery } from '../../../src/storage/storage.ts';
import { describeOnDatabase, type TestDatabase } from './stores.ts';

async function openPool(database: TestDatabase): Promise<Pool> {
  const url = await database.makeSchema();
  const storage = await openPostgresStorage(url);
  await storage.close();
  // A pool says that it has ended before its connections have, and the database is dropped under them.
  return createPool(url, { max: 1, connectTimeoutMs: 10_000 }, () => undefined);
}

/** Fails if rows are visited that the index could pass by. */
function assertWalks(steps: readonly Step[], alias: string, index: string, columns: readonly string[]): void {
  const text = JSON.stringify(steps.map(({ Plans: _plans, ...step }) => step));
  const step = steps.find((found) => found.Alias === alias);
  assert.match(step?.['Node Type'] ?? '', /^Index/, text);
  assert.equal(step?.['Index Name'], index, text);
  for (const column of columns) assert.match(step['Index Cond'] ?? '', new RegExp(`\\b${column}`), text);
}

function assertNothingElse(steps: readonly Step[]): void {
  for (const { 'Node Type': type } of steps) assert.doesNotMatch(type, /Seq|Bitmap|Sort|Hash|Merge/);
}

async function assertPlans(pool: Pool): Promise<void> {
  for (const order of ['asc', 'desc'] as const) {
    const list = await explain(pool, LISTS[order]);
    assertWalks(list, 'f', 'filters_pkey', ['project', 'name', 'value', 'status', 'id >', 'id <']);
    assertWalks(list, 'o', 'filters_pkey', ['project', 'name', 'value', 'status', 'id =']);
    assertWalks(list, 'c', 'completions_pkey', ['project', 'id']);
    assertNothingElse(list);

    const ofTwo = await explain(pool, LISTS_OF_TWO[order]);
    assertWalks(ofTwo, 'c', 'completions_pkey', ['project', 'id']);

    const byFilter = await explain(pool, SEARCHES_BY_FILTER[order]);
    assertWalks(byFilter, 'f', 'filters_pkey', ['project', 'name', 'value', 'status', 'id >', 'id <']);
    assertWalks(byFilter, 't', 'texts_pkey', ['project', 'id']);
    assertWalks(byFilter, 'c', 'completions_pkey', ['project', 'id']);
    assertNothingElse(byFilter);

    const byWords = await explain(pool, SEARCHES_BY_WORDS[order]);
    assertFindsWords(byWords);
    assertWalks(byWords, 'o', 'filters_pkey', ['project', 'name', 'value', 'status', 'id =']);
    assertWalks(byWords, 'c', 'completions_pkey', ['project', 'id']);
  }
  const meeting = await explain(pool, MEETING);
  for (const alias of ['f', 'g']) {
    assertWalks(meeting, alias, 'filters_pkey', ['project', 'name', 'value', 'status', 'id >', 'id <']);
  }
  assertWalks(meeting, 'o', 'filters_pkey', ['project', 'name', 'value', 'status', 'id =']);
  const types = meeting.map((step) => step['Node Type']);
  assert.ok(types.includes('Merge Join'), types.join(', '));
  for (const type of types) assert.doesNotMatch(type, /Seq|Bitmap|Sort|Hash|Materialize/);

  assertFindsWords(await explain(pool, COUNT_WORDS));
  const counts = await explain(pool, COUNTS);
  assertWalks(counts, 'f', 'filters_pkey', ['project', 'name', 'value', 'status', 'id >', 'id <']);
  for (const statement of Object.values(OPERATIONS).flat()) {
    const steps = (await explain(pool, statement)).map(({ 'Node Type': type }) => type);
    assert.ok(!steps.includes('Seq Scan'), `${statement.name}: ${steps.join(', ')}`);
  }
}

/** Fails if the words are looked for in any other way than in their index. */
function assertFindsWords(steps: readonly Step[]): void {
  const step = steps.find((found) => found['Index Name'] === 'texts_by_words');
  assert.equal(step?.['Node Type'], 'Bitmap Index Scan', JSON.stringify(steps));
  for (const { 'Node Type': type } of steps) assert.doesNotMatch(type, /Seq/);
}

/**
 * Completions without content: of each ten, one has the topic `river`, and of all, two are `odd`. Of each four, one has
 * `quarter` 1, and one `meets`, and of each 2500, one has both.
 */
async function fill(pool: Pool, count: number): Promise<string[]> {
  const ids = Array.from({ length: count }, () => mintCompletionId());
  await pool.query(
    `INSERT INTO completions (project, id, status, requested_model, model, upstream, request_id, metadata, total_ms,
       request_sha256, response_sha256, parameters, response, request)
     SELECT 'home', id, 'completed', 'small', 'small', 'local', 'req_1', '[]', 1, '', '', '', '', ''
     FROM unnest($1::text[]) AS id`,
    [ids],
  );
  await pool.query(
    `INSERT INTO filters SELECT 'home', name, value, 'completed', id FROM unnest($1::text[]) WITH ORDINALITY AS u (id, n),
       LATERAL (VALUES ('everything', ''), ('model', 'small'), ('metadata.topic', CASE WHEN n % 10 = 0 THEN 'river' ELSE 'sea' END),
         ('metadata.kind', CASE WHEN n % ($2::int / 2) = 0 THEN 'odd' ELSE 'even' END),
         ('metadata.quarter', (n % 4)::text),
         ('metadata.meets', CASE WHEN n % 4 = 2 OR n % 2500 = 1 THEN 'yes' ELSE 'no' END)) AS v (name, value)`,
    [ids, count],
  );
  return ids;
}

await describeOnDatabase('a list in PostgreSQL', (database) => {
  it('walks an index before the planner knows anything, and when it knows the tables', async (t) => {
    const pool = await openPool(database);
    t.after(() => pool.end());
    await assertPlans(pool);
    await fill(pool, 20_000);
    await assertPlans(pool);
    await pool.query('ANALYZE completions, filters');
    await assertPlans(pool);
  });

  describe('with several filters', () => {
    let pool: Pool;
    let ids: string[];
    before(async () => {
      pool = await openPool(database);
      ids = await fill(pool, 10_000);
      await pool.query('ANALYZE completions, filters');
    });
    after(() => pool.end());

    async function list(query: Partial<ListQuery>): Promise<string[]> {
      const page = await listCompletions(pool, 'home', {
        status: 'completed',
        limit: 5,
        order: 'asc',
        ...query,
      });
      return page.completions.map(({ id }) => id);
    }

    it('is led by the rarest, wherever it stands', async () => {
      for (const metadata of [
        { topic: 'river', kind: 'odd' },
        { kind: 'odd', topic: 'river' },
      ]) {
        assert.deepEqual(await list({ model: 'small', metadata }), [ids[4999], ids[9999]]);
      }
    });

    it('finds the few that have two frequent ones, on all pages, in both orders', async () => {
      const both = ids.filter((_, index) => index % 2500 === 0);
      const filters = { metadata: { quarter: '1', meets: 'yes' } };
      assert.deepEqual(await list(filters), both);
      assert.deepEqual(await list({ ...filters, order: 'desc', limit: 3 }), both.toReversed().slice(0, 3));
      assert.deepEqual(await list({ ...filters, after: both[0], limit: 2 }), both.slice(1, 3));
      assert.deepEqual(await list({ ...filters, model: 'small' }), both);
      assert.deepEqual(await list({ metadata: { quarter: '3', meets: 'yes' } }), []);
      const labels = await listLabels(pool, 'home', {
        ...filters,
        status: 'completed',
        limit: 9,
        order: 'asc',
      });
      assert.deepEqual(
        labels.map(({ id }) => id),
        both,
      );
    });

    it('finds the first of many, whoever leads', async () => {
      const rivers = ids.filter((_, index) => index % 10 === 9);
      assert.deepEqual(await list({ metadata: { topic: 'river', kind: 'even' } }), rivers.slice(0, 5));
      assert.deepEqual(await list({ model: 'small', metadata: { kind: 'even' } }), ids.slice(0, 5));
    });
  });
});
