import assert from 'node:assert/strict';
import { describe, it } from 'node:test';

import { StorageError, type Storage } from '../../src/storage/storage.ts';
import { makeFolder } from '../make-folder.ts';
import { listIds } from './list-ids.ts';
import { makeRecord } from './make-record.ts';
import { makeStore, type OpenStorage } from './make-store.ts';
import { assertKept } from './test-records.ts';

/** One call of each kind. */
function callEach(storage: Storage): Array<Promise<unknown>> {
  const record = makeRecord();
  return [
    storage.insert(record),
    storage.get('home', record.id),
    storage.setIdempotencyKey('home', { value: 'key', expiresAtMs: 1 }, record.id),
    storage.getByIdempotencyKey('home', 'key'),
    storage.getRequest('home', record.id),
    storage.list('home', { status: 'completed', limit: 1, order: 'asc' }),
    storage.list('home', { q: 'sea', status: 'completed', limit: 1, order: 'asc' }),
    storage.listLabels('home', { status: 'completed', limit: 1, order: 'asc' }),
    storage.listProjects(),
    storage.updateMetadata('home', record.id, {}),
    storage.delete('home', record.id),
  ];
}

export function testLifetime(open: OpenStorage): void {
  describe('a store', () => {
    it('is available once it is open', async (t) => {
      const { storage } = await makeStore(t, open);
      assert.equal(storage.available, true);
    });

    it('has everything after it is closed and opened again', async (t) => {
      const { storage, openAgain } = await makeStore(t, open);
      const records = [
        makeRecord({ metadata: { topic: 'sea' } }),
        makeRecord({ status: 'interrupted' }),
        makeRecord({ project: 'other' }),
      ];
      for (const record of records) await storage.insert(record);
      const [changed, deleted] = [makeRecord({ metadata: { topic: 'sea' } }), makeRecord()];
      await storage.insert(changed);
      await storage.insert(deleted);
      await storage.updateMetadata('home', changed.id, { topic: 'river' });
      await storage.delete('home', deleted.id);
      await storage.close();

      const reopened = await openAgain();
      for (const record of records) await assertKept(reopened, record);
      await assertKept(reopened, { ...changed, metadata: { topic: 'river' } });
      assert.equal(await reopened.get('home', deleted.id), undefined);
      assert.deepEqual(await listIds(reopened, { metadata: { topic: 'sea' } }), [records[0]?.id]);
      assert.deepEqual(await listIds(reopened, { metadata: { topic: 'river' } }), [changed.id]);
      await reopened.insert(makeRecord());
    });

    it('may be open twice at once', async (t) => {
      const { storage, openAgain } = await makeStore(t, open);
      const other = await openAgain();
      const records = Array.from({ length: 100 }, () => makeRecord());
      await Promise.all(records.map((record, index) => (index % 2 === 0 ? storage : other).insert(record)));
      const ids = records.map(({ id }) => id);
      assert.deepEqual(await listIds(storage), ids);
      assert.deepEqual(await listIds(other), ids);
      await assert.rejects(other.insert(records[0]!), StorageError);
      await storage.close();
      await other.insert(makeRecord());
    });

    it('may be made by several at once', async (t) => {
      const opening: Array<Promise<Storage>> = [];
      t.after(async () => {
        for (const result of await Promise.allSettled(opening)) {
          if (result.status === 'fulfilled') await result.value.close();
        }
      });
      const folder = await makeFolder(t);
      for (let count = 0; count < 4; count++) opening.push(open(folder));
      const stores = await Promise.all(opening);
      const records = stores.map(() => makeRecord());
      await Promise.all(stores.map((storage, index) => storage.insert(records[index]!)));
      for (const storage of stores) {
        assert.deepEqual(
          await listIds(storage),
          records.map(({ id }) => id),
        );
      }
    });

    it('does what it was asked before it closes', async (t) => {
      const { storage, openAgain } = await makeStore(t, open);
      const first = makeRecord();
      await storage.insert(first);
      const records = Array.from({ length: 50 }, () => makeRecord());
      const inserts = records.map((record) => storage.insert(record));
      const read = storage.get('home', first.id);
      const closed = storage.close();
      await Promise.all([...inserts, closed]);
      assert.equal((await read)?.id, first.id);
      assert.deepEqual(
        await listIds(await openAgain()),
        [first, ...records].map(({ id }) => id),
      );
    });

    it('refuses every call from the moment it is told to close', async (t) => {
      const { storage, openAgain } = await makeStore(t, open);
      const closed = storage.close();
      assert.equal(storage.available, false);
      for (const call of callEach(storage)) await assert.rejects(call, StorageError);
      await closed;
      assert.equal(storage.available, false);
      for (const call of callEach(storage)) await assert.rejects(call, StorageError);
      assert.deepEqual(await listIds(await openAgain()), []);
    });

    it('may be closed twice, also at once', async (t) => {
      const { storage } = await makeStore(t, open);
      const order: string[] = [];
      const close = async (name: string): Promise<void> => {
        await storage.close();
        order.push(name);
      };
      await Promise.all([close('first'), close('second')]);
      assert.deepEqual(order, ['first', 'second']);
      await storage.close();
    });
  });
}
