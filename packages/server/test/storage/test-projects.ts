import assert from 'node:assert/strict';
import { describe, it } from 'node:test';

import { listIds } from './list-ids.ts';
import { makeRecord } from './make-record.ts';
import { makeStore, type OpenStorage } from './make-store.ts';
import { assertKept } from './test-records.ts';

export function testProjects(open: OpenStorage): void {
  describe('a project', () => {
    it('sees nothing of another', async (t) => {
      const { storage } = await makeStore(t, open);
      const record = makeRecord({ project: 'theirs', metadata: { topic: 'sea' } });
      await storage.insert(record);
      for (const project of ['ours', '', 'THEIRS', 'theirs ', 'their', 'theirs%', 'theirs\u0000']) {
        assert.equal(await storage.get(project, record.id), undefined);
        assert.equal(await storage.getRequest(project, record.id), undefined);
        for (const filter of [{}, { model: 'small' }, { metadata: { topic: 'sea' } }]) {
          assert.deepEqual(await listIds(storage, filter, project), []);
        }
      }
    });

    it('changes nothing of another', async (t) => {
      const { storage } = await makeStore(t, open);
      const record = makeRecord({ project: 'theirs', metadata: { topic: 'sea' } });
      await storage.insert(record);
      assert.equal(await storage.updateMetadata('ours', record.id, { topic: 'river' }), undefined);
      assert.equal(await storage.delete('ours', record.id), false);
      await assertKept(storage, record);
      assert.deepEqual(await listIds(storage, { metadata: { topic: 'sea' } }, 'theirs'), [record.id]);
      assert.deepEqual(await listIds(storage, { metadata: { topic: 'river' } }, 'theirs'), []);
    });

    it('may use an id that another uses', async (t) => {
      const { storage } = await makeStore(t, open);
      const ours = makeRecord({ project: 'ours', metadata: { side: 'ours' } });
      const theirs = makeRecord({
        id: ours.id,
        project: 'theirs',
        metadata: { side: 'theirs' },
        model: 'big',
      });
      await storage.insert(ours);
      await storage.insert(theirs);
      await assertKept(storage, ours);
      await assertKept(storage, theirs);
      assert.deepEqual(await listIds(storage, { model: 'big' }, 'ours'), []);
      assert.deepEqual(await listIds(storage, { model: 'big' }, 'theirs'), [ours.id]);

      await storage.updateMetadata('ours', ours.id, {});
      await assertKept(storage, theirs);
      assert.deepEqual(await listIds(storage, { metadata: { side: 'theirs' } }, 'theirs'), [ours.id]);

      assert.equal(await storage.delete('ours', ours.id), true);
      await assertKept(storage, theirs);
      assert.deepEqual(await listIds(storage, { model: 'big' }, 'theirs'), [ours.id]);
    });

    it('places its pages among its own only, also behind an id of another', async (t) => {
      const { storage } = await makeStore(t, open);
      const records = Array.from({ length: 6 }, (_, index) =>
        makeRecord({ project: index % 2 === 0 ? 'ours' : 'theirs' }),
      );
      for (const record of records) await storage.insert(record);
      const ids = records.map(({ id }) => id);
      assert.deepEqual(await listIds(storage, {}, 'ours'), [ids[0], ids[2], ids[4]]);
      assert.deepEqual(await listIds(storage, { after: ids[1] }, 'ours'), [ids[2], ids[4]]);
      assert.deepEqual(await listIds(storage, { after: ids[3], order: 'desc' }, 'ours'), [ids[2], ids[0]]);
    });
  });
}
