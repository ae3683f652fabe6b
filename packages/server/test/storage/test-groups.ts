import assert from 'node:assert/strict';
import { describe, it } from 'node:test';

import { StorageError } from '../../src/storage/storage.ts';
import { listIds } from './list-ids.ts';
import { makeRecord, withoutRequest } from './make-record.ts';
import { makeStore, type OpenStorage } from './make-store.ts';

export function testGroups(open: OpenStorage): void {
  describe('calls at the same time', () => {
    it('are all done: five hundred inserts', async (t) => {
      const { storage } = await makeStore(t, open);
      const records = Array.from({ length: 500 }, () => makeRecord({ metadata: { topic: 'sea' } }));
      await Promise.all(records.map((record) => storage.insert(record)));
      const page = await storage.list('home', { status: 'completed', limit: 1000, order: 'asc' });
      assert.deepEqual(page, { completions: records.map(withoutRequest), hasMore: false });
      assert.equal((await listIds(storage, { metadata: { topic: 'sea' } })).length, 500);
    });

    it('fail alone if their own record is bad', async (t) => {
      const { storage } = await makeStore(t, open);
      const taken = makeRecord();
      await storage.insert(taken);
      const good = Array.from({ length: 30 }, () => makeRecord());
      const bad = [
        makeRecord({ id: taken.id }),
        // No store has a column for a part of a millisecond, nor for what is not a number.
        makeRecord({ totalMs: 0.5, metadata: { topic: 'bad' } }),
        makeRecord({ totalMs: Number.NaN, metadata: { topic: 'bad' } }),
        // A type that the compiler would refuse.
        makeRecord({ requestId: { not: 'a text' } as unknown as string, metadata: { topic: 'bad' } }),
      ];
      const mixed = good.flatMap((record, index) => [record, ...bad.slice(index / 5, index / 5 + 1)]);
      const results = await Promise.allSettled(mixed.map((record) => storage.insert(record)));
      for (const [index, result] of results.entries()) {
        const isBad = bad.includes(mixed[index]!);
        assert.equal(result.status, isBad ? 'rejected' : 'fulfilled');
        if (result.status === 'rejected') assert.ok(result.reason instanceof StorageError);
      }
      assert.deepEqual(
        await listIds(storage),
        [taken, ...good].map(({ id }) => id),
      );
      assert.deepEqual(await listIds(storage, { metadata: { topic: 'bad' } }), []);
      assert.equal(storage.available, true);
    });

    it('with one id keep the first', async (t) => {
      const { storage } = await makeStore(t, open);
      const { id } = makeRecord();
      const records = Array.from({ length: 10 }, (_, index) => makeRecord({ id, requestId: `req_${index}` }));
      const results = await Promise.allSettled(records.map((record) => storage.insert(record)));
      assert.deepEqual(
        results.map(({ status }) => status),
        ['fulfilled', ...Array.from({ length: 9 }, () => 'rejected')],
      );
      assert.equal((await storage.get('home', id))?.requestId, 'req_0');
    });

    it('see what was asked before them', async (t) => {
      const { storage } = await makeStore(t, open);
      const record = makeRecord();
      const { id } = record;
      const [, kept, changed, deleted, again] = await Promise.all([
        storage.insert(record),
        storage.updateMetadata('home', id, { turn: '1' }),
        storage.updateMetadata('home', id, { turn: '2' }),
        storage.delete('home', id),
        storage.delete('home', id),
      ]);
      assert.partialDeepStrictEqual(
        [kept, changed],
        [{ metadata: { turn: '1' } }, { metadata: { turn: '2' } }],
      );
      assert.deepEqual([deleted, again], [true, false]);
      assert.deepEqual(await listIds(storage), []);
    });

    it('of different kinds leave a store without contradictions', async (t) => {
      const { storage } = await makeStore(t, open);
      const records = Array.from({ length: 60 }, () => makeRecord({ metadata: { topic: 'sea' } }));
      await Promise.all(
        records.map(async ({ id, ...rest }, index) => {
          await storage.insert({ id, ...rest });
          if (index % 3 === 1) await storage.updateMetadata('home', id, { topic: 'river' });
          if (index % 3 === 2) await storage.delete('home', id);
          await storage.get('home', id);
        }),
      );
      const ids = records.map(({ id }) => id);
      assert.deepEqual(
        await listIds(storage),
        ids.filter((_, index) => index % 3 !== 2),
      );
      assert.deepEqual(
        await listIds(storage, { metadata: { topic: 'sea' } }),
        ids.filter((_, index) => index % 3 === 0),
      );
      assert.deepEqual(
        await listIds(storage, { metadata: { topic: 'river' } }),
        ids.filter((_, index) => index % 3 === 1),
      );
    });
  });
}
