import assert from 'node:assert/strict';
import { describe, it } from 'node:test';

import { StorageError, type IdempotencyKey } from '../../src/storage/storage.ts';
import { listIds } from './list-ids.ts';
import { makeRecord, withoutRequest } from './make-record.ts';
import { makeStore, type OpenStorage } from './make-store.ts';
import { assertKept } from './test-records.ts';

const KEY: IdempotencyKey = { value: 'key-1', expiresAtMs: Number.MAX_SAFE_INTEGER };
const EXPIRED: IdempotencyKey = { ...KEY, expiresAtMs: 1 };

export function testIdempotencyKeys(open: OpenStorage): void {
  describe('an idempotency key', () => {
    it('leads to the record that it was kept with', async (t) => {
      const { storage } = await makeStore(t, open);
      const record = makeRecord({ metadata: { topic: 'sea' } });
      assert.equal(await storage.insert(record, KEY), true);
      await storage.insert(makeRecord());
      assert.deepEqual(await storage.getByIdempotencyKey('home', KEY.value), withoutRequest(record));
      for (const other of ['', 'KEY-1', 'key-1 ', 'key', 'key-1\u0000']) {
        assert.equal(await storage.getByIdempotencyKey('home', other), undefined);
      }
    });

    it('is held by the first record; the next one is not kept', async (t) => {
      const { storage } = await makeStore(t, open);
      const [first, second] = [makeRecord(), makeRecord({ metadata: { topic: 'sea' } })];
      await storage.insert(first, KEY);
      assert.equal(await storage.insert(second, KEY), false);
      assert.equal(await storage.get('home', second.id), undefined);
      assert.deepEqual(await listIds(storage, { metadata: { topic: 'sea' } }), []);
      assert.equal((await storage.getByIdempotencyKey('home', KEY.value))?.id, first.id);
    });

    it('is held by one of many at the same time, also of several stores', async (t) => {
      const { storage, openAgain } = await makeStore(t, open);
      const stores = [storage, await openAgain()];
      const kept = await Promise.all(
        Array.from({ length: 40 }, (_, index) => stores[index % 2]!.insert(makeRecord(), KEY)),
      );
      assert.equal(kept.filter(Boolean).length, 1);
      const ids = await listIds(storage);
      assert.deepEqual([(await storage.getByIdempotencyKey('home', KEY.value))?.id], ids);
    });

    it('of one project says nothing in another', async (t) => {
      const { storage } = await makeStore(t, open);
      const [ours, theirs] = [makeRecord({ project: 'ours' }), makeRecord({ project: 'theirs' })];
      await storage.insert(ours, KEY);
      assert.equal(await storage.getByIdempotencyKey('theirs', KEY.value), undefined);
      assert.equal(await storage.insert(theirs, KEY), true);
      assert.equal((await storage.getByIdempotencyKey('ours', KEY.value))?.id, ours.id);
      assert.equal((await storage.getByIdempotencyKey('theirs', KEY.value))?.id, theirs.id);
    });

    it('that has expired leads nowhere and may be taken again; its record stays', async (t) => {
      const { storage } = await makeStore(t, open);
      const [first, second] = [makeRecord(), makeRecord()];
      await storage.insert(first, EXPIRED);
      assert.equal(await storage.getByIdempotencyKey('home', KEY.value), undefined);
      assert.equal(await storage.insert(second, KEY), true);
      assert.equal((await storage.getByIdempotencyKey('home', KEY.value))?.id, second.id);
      await assertKept(storage, first);
    });

    it('takes no record with it when it expires', async (t) => {
      const { storage } = await makeStore(t, open);
      const records = Array.from({ length: 30 }, () => makeRecord());
      for (const [index, record] of records.entries()) {
        await storage.insert(record, { ...EXPIRED, value: `old-${index}` });
      }
      await storage.insert(makeRecord(), KEY);
      for (const record of records) await assertKept(storage, record);
      assert.ok(await storage.getByIdempotencyKey('home', KEY.value));
    });

    it('is gone with its record, and may be taken again', async (t) => {
      const { storage } = await makeStore(t, open);
      const [first, second] = [makeRecord(), makeRecord()];
      await storage.insert(first, KEY);
      await storage.delete('home', first.id);
      assert.equal(await storage.getByIdempotencyKey('home', KEY.value), undefined);
      assert.equal(await storage.insert(second, KEY), true);
      assert.equal((await storage.getByIdempotencyKey('home', KEY.value))?.id, second.id);
    });

    it('is not taken by a record that could not be kept', async (t) => {
      const { storage } = await makeStore(t, open);
      const taken = makeRecord();
      await storage.insert(taken);
      const bad = storage.insert(makeRecord({ id: taken.id }), KEY);
      const others = Array.from({ length: 5 }, () => storage.insert(makeRecord()));
      await assert.rejects(bad, StorageError);
      await Promise.all(others);
      assert.equal(await storage.getByIdempotencyKey('home', KEY.value), undefined);
      assert.equal(await storage.insert(makeRecord(), KEY), true);
    });

    it('is there after the store is opened again, with the metadata as it is now', async (t) => {
      const { storage, openAgain } = await makeStore(t, open);
      const record = makeRecord();
      await storage.insert(record, KEY);
      await storage.updateMetadata('home', record.id, { topic: 'sea' });
      await storage.close();
      const found = await (await openAgain()).getByIdempotencyKey('home', KEY.value);
      assert.deepEqual(found, withoutRequest({ ...record, metadata: { topic: 'sea' } }));
    });

    it('may be given to a record later, and two to one', async (t) => {
      const { storage } = await makeStore(t, open);
      const record = makeRecord();
      await storage.insert(record, KEY);
      await storage.setIdempotencyKey('home', { ...KEY, value: 'later\n1' }, record.id);
      for (const value of [KEY.value, 'later\n1']) {
        assert.equal((await storage.getByIdempotencyKey('home', value))?.id, record.id);
      }
      assert.equal(await storage.getByIdempotencyKey('other', 'later\n1'), undefined);
      await storage.delete('home', record.id);
      assert.equal(await storage.getByIdempotencyKey('home', 'later\n1'), undefined);
    });

    it('stays with the record that it was given to, until that is deleted', async (t) => {
      const { storage } = await makeStore(t, open);
      const [first, second] = [makeRecord(), makeRecord()];
      await storage.insert(first);
      await storage.insert(second);
      await storage.setIdempotencyKey('home', KEY, first.id);
      await storage.setIdempotencyKey('home', KEY, second.id);
      assert.equal((await storage.getByIdempotencyKey('home', KEY.value))?.id, first.id);
      await storage.delete('home', first.id);
      await storage.setIdempotencyKey('home', KEY, second.id);
      assert.equal((await storage.getByIdempotencyKey('home', KEY.value))?.id, second.id);
    });

    it('is not given to what is not there', async (t) => {
      const { storage } = await makeStore(t, open);
      const record = makeRecord();
      await storage.setIdempotencyKey('home', KEY, record.id);
      await storage.insert(record);
      assert.equal(await storage.getByIdempotencyKey('home', KEY.value), undefined);
    });
  });
}
