import assert from 'node:assert/strict';
import { describe, it } from 'node:test';

import { mintCompletionId } from '../../src/completion-id.ts';
import { readMetadataVersion } from '../../src/storage/spell-metadata.ts';
import type { Storage } from '../../src/storage/storage.ts';
import { listIds } from './list-ids.ts';
import { makeRecord, withoutRequest } from './make-record.ts';
import { makeStore, type OpenStorage } from './make-store.ts';
import { assertKept } from './test-records.ts';

export function testChanges(open: OpenStorage): void {
  describe('updateMetadata', () => {
    it('replaces every pair and nothing else', async (t) => {
      const { storage } = await makeStore(t, open);
      const record = makeRecord({ metadata: { topic: 'sea', mood: 'calm' } });
      await storage.insert(record);
      const changed = { ...record, metadata: { mood: 'wild', place: 'Brest' } };
      assert.deepEqual(
        await storage.updateMetadata('home', record.id, changed.metadata),
        withoutRequest(changed),
      );
      await assertKept(storage, changed);
    });

    it('moves the record in the lists that are narrowed by its pairs', async (t) => {
      const { storage } = await makeStore(t, open);
      const { id } = makeRecord();
      await storage.insert(makeRecord({ id, metadata: { topic: 'sea', mood: 'calm' } }));
      await storage.updateMetadata('home', id, { topic: 'sea', mood: 'wild' });
      assert.deepEqual(await listIds(storage, { metadata: { mood: 'calm' } }), []);
      assert.deepEqual(await listIds(storage, { metadata: { mood: 'wild' } }), [id]);
      assert.deepEqual(await listIds(storage, { metadata: { topic: 'sea' } }), [id]);
      assert.deepEqual(await listIds(storage, { model: 'small' }), [id]);
    });

    it('removes every pair when it is given none', async (t) => {
      const { storage } = await makeStore(t, open);
      const record = makeRecord({ metadata: { topic: 'sea' } });
      await storage.insert(record);
      await storage.updateMetadata('home', record.id, {});
      await assertKept(storage, { ...record, metadata: {} });
      assert.deepEqual(await listIds(storage, { metadata: { topic: 'sea' } }), []);
    });

    it('may be called again with the same pairs', async (t) => {
      const { storage } = await makeStore(t, open);
      const record = makeRecord({ metadata: { topic: 'sea' } });
      await storage.insert(record);
      await storage.updateMetadata('home', record.id, { topic: 'sea' });
      await storage.updateMetadata('home', record.id, { topic: 'sea' });
      await assertKept(storage, record);
      assert.deepEqual(await listIds(storage, { metadata: { topic: 'sea' } }), [record.id]);
    });

    it('happens only to the version that is asked for', async (t) => {
      const { storage } = await makeStore(t, open);
      const record = makeRecord({ metadata: { topic: 'sea', mood: 'calm' } });
      await storage.insert(record);
      const other = readMetadataVersion({ mood: 'calm', topic: 'sea' });
      for (const versions of [[], [other], [readMetadataVersion({})]]) {
        assert.equal(
          await storage.updateMetadata('home', record.id, { topic: 'river' }, versions),
          'changed',
        );
      }
      await assertKept(storage, record);
      assert.deepEqual(await listIds(storage, { metadata: { topic: 'river' } }), []);

      const versions = [other, readMetadataVersion(record.metadata)];
      const changed = { ...record, metadata: { topic: 'river' } };
      assert.deepEqual(
        await storage.updateMetadata('home', record.id, changed.metadata, versions),
        withoutRequest(changed),
      );
      assert.equal(await storage.updateMetadata('home', record.id, {}, versions), 'changed');
      await assertKept(storage, changed);
      assert.equal(await storage.updateMetadata('home', mintCompletionId(), {}, versions), undefined);
    });

    it('lets none of several writers who read first undo what another did', async (t) => {
      const { storage: one, openAgain } = await makeStore(t, open);
      const other = await openAgain();
      const { id } = makeRecord();
      await one.insert(makeRecord({ id }));
      const add = async (storage: Storage, key: string): Promise<void> => {
        for (;;) {
          const metadata = (await storage.get('home', id))?.metadata ?? {};
          const versions = [readMetadataVersion(metadata)];
          const updated = await storage.updateMetadata('home', id, { ...metadata, [key]: 'x' }, versions);
          if (updated !== 'changed') return;
        }
      };
      const keys = Array.from({ length: 12 }, (_, index) => `key${index}`);
      await Promise.all(keys.map((key, index) => add(index % 2 === 0 ? one : other, key)));
      assert.deepEqual(Object.keys((await one.get('home', id))?.metadata ?? {}).sort(), keys.sort());
      for (const key of keys) assert.deepEqual(await listIds(one, { metadata: { [key]: 'x' } }), [id]);
    });

    it('of a missing id returns undefined and makes nothing', async (t) => {
      const { storage } = await makeStore(t, open);
      const id = mintCompletionId();
      assert.equal(await storage.updateMetadata('home', id, { topic: 'sea' }), undefined);
      assert.equal(await storage.get('home', id), undefined);
      assert.deepEqual(await listIds(storage, { metadata: { topic: 'sea' } }), []);
    });
  });

  describe('delete', () => {
    it('removes the record from everything', async (t) => {
      const { storage } = await makeStore(t, open);
      const { id } = makeRecord();
      await storage.insert(makeRecord({ id, metadata: { topic: 'sea' } }));
      assert.equal(await storage.delete('home', id), true);
      assert.equal(await storage.get('home', id), undefined);
      assert.equal(await storage.getRequest('home', id), undefined);
      assert.equal(await storage.updateMetadata('home', id, {}), undefined);
      for (const filter of [{}, { model: 'small' }, { metadata: { topic: 'sea' } }]) {
        assert.deepEqual(await listIds(storage, filter), []);
      }
    });

    it('leaves the others', async (t) => {
      const { storage } = await makeStore(t, open);
      const [gone, stays] = [makeRecord(), makeRecord()];
      await storage.insert(gone);
      await storage.insert(stays);
      await storage.delete('home', gone.id);
      await assertKept(storage, stays);
      assert.deepEqual(await listIds(storage, { model: 'small' }), [stays.id]);
    });

    it('says that there was nothing the second time', async (t) => {
      const { storage } = await makeStore(t, open);
      const { id } = makeRecord();
      await storage.insert(makeRecord({ id }));
      assert.equal(await storage.delete('home', id), true);
      assert.equal(await storage.delete('home', id), false);
      assert.equal(await storage.delete('home', mintCompletionId()), false);
    });

    it('leaves nothing behind that a later record with the id would inherit', async (t) => {
      const { storage } = await makeStore(t, open);
      const { id } = makeRecord();
      await storage.insert(makeRecord({ id, metadata: { topic: 'sea' }, model: 'old' }));
      await storage.updateMetadata('home', id, { topic: 'river' });
      await storage.delete('home', id);
      await storage.insert(makeRecord({ id }));
      for (const filter of [
        { model: 'old' },
        { metadata: { topic: 'sea' } },
        { metadata: { topic: 'river' } },
      ]) {
        assert.deepEqual(await listIds(storage, filter), []);
      }
    });
  });
}
