import assert from 'node:assert/strict';
import { describe, it } from 'node:test';

import { mintCompletionId } from '../../src/completion-id.ts';
import type { ListQuery, Storage } from '../../src/storage/storage.ts';
import { listIds, walkIds } from './list-ids.ts';
import { makeRecord } from './make-record.ts';
import { makeStore, type OpenStorage } from './make-store.ts';

const ORDERS = ['asc', 'desc'] as const;
/** Each narrows to all of the records below, by another way. */
const FILTERS: ReadonlyArray<Partial<ListQuery>> = [
  {},
  { model: 'small' },
  { metadata: { topic: 'sea' } },
  { metadata: { topic: 'sea', mood: 'calm' }, model: 'small' },
];

async function keepMany(storage: Storage, count: number): Promise<string[]> {
  const records = Array.from({ length: count }, () =>
    makeRecord({ metadata: { topic: 'sea', mood: 'calm' } }),
  );
  await Promise.all(records.map((record) => storage.insert(record)));
  return records.map(({ id }) => id);
}

export function testPages(open: OpenStorage): void {
  describe('a page', () => {
    it('ends at its limit and says whether there is more', async (t) => {
      const { storage } = await makeStore(t, open);
      const ids = await keepMany(storage, 3);
      for (const filter of FILTERS) {
        for (const order of ORDERS) {
          const expected = order === 'asc' ? ids : ids.toReversed();
          for (const limit of [1, 2, 3, 4]) {
            const page = await storage.list('home', { status: 'completed', ...filter, order, limit });
            assert.deepEqual(
              page.completions.map(({ id }) => id),
              expected.slice(0, limit),
            );
            assert.equal(page.hasMore, limit < 3);
          }
        }
      }
    });

    it('says that there is no more when what follows is not asked for', async (t) => {
      const { storage } = await makeStore(t, open);
      const [first, second] = await keepMany(storage, 2);
      await storage.insert(makeRecord({ status: 'failed', metadata: { topic: 'sea', mood: 'calm' } }));
      await storage.insert(makeRecord({ project: 'other', metadata: { topic: 'sea', mood: 'calm' } }));
      for (const filter of FILTERS) {
        const query: ListQuery = { status: 'completed', ...filter, limit: 2, order: 'asc' };
        const page = await storage.list('home', query);
        assert.deepEqual([page.completions.map(({ id }) => id), page.hasMore], [[first, second], false]);
      }
    });

    it('begins behind the id that it is given', async (t) => {
      const { storage } = await makeStore(t, open);
      const ids = await keepMany(storage, 5);
      for (const filter of FILTERS) {
        for (const [index, after] of ids.entries()) {
          assert.deepEqual(await listIds(storage, { ...filter, after, order: 'asc' }), ids.slice(index + 1));
          assert.deepEqual(
            await listIds(storage, { ...filter, after, order: 'desc' }),
            ids.slice(0, index).toReversed(),
          );
        }
      }
    });

    it('begins behind the place of an id that was deleted, or never kept', async (t) => {
      const { storage } = await makeStore(t, open);
      const before = await keepMany(storage, 2);
      const [deleted = ''] = await keepMany(storage, 1);
      const missing = mintCompletionId();
      const behind = await keepMany(storage, 2);
      await storage.delete('home', deleted);
      for (const filter of FILTERS) {
        for (const after of [deleted, missing]) {
          assert.deepEqual(await listIds(storage, { ...filter, after, order: 'asc' }), behind);
          assert.deepEqual(await listIds(storage, { ...filter, after, order: 'desc' }), before.toReversed());
        }
      }
    });

    it('follows the one before without a gap', async (t) => {
      const { storage } = await makeStore(t, open);
      const ids = await keepMany(storage, 25);
      for (const filter of FILTERS) {
        for (const limit of [1, 4, 5, 24, 25, 26]) {
          assert.deepEqual(await walkIds(storage, { ...filter, limit, order: 'asc' }), ids);
          assert.deepEqual(await walkIds(storage, { ...filter, limit, order: 'desc' }), ids.toReversed());
        }
      }
    });

    it('neither repeats nor skips what was there all along while others come and go', async (t) => {
      const { storage } = await makeStore(t, open);
      for (const filter of FILTERS) {
        for (const order of ORDERS) {
          const ids = await keepMany(storage, 40);
          const going = ids.filter((_, index) => index % 3 === 0);
          const staying = ids.filter((_, index) => index % 3 !== 0);
          const walked = await walkIds(storage, { ...filter, limit: 4, order }, async () => {
            await keepMany(storage, 1);
            // From either end: in front of the walk and behind it.
            for (const id of [going.shift(), going.pop()])
              if (id !== undefined) await storage.delete('home', id);
          });
          assert.equal(new Set(walked).size, walked.length);
          assert.deepEqual(
            walked.filter((id) => staying.includes(id)),
            order === 'asc' ? staying : staying.toReversed(),
          );
        }
      }
    });
  });
}
