import assert from 'node:assert/strict';
import { describe, it } from 'node:test';

import { readMetadataVersion } from '../../src/storage/spell-metadata.ts';
import type { CompletionRecord } from '../../src/storage/storage.ts';
import { deleteInSteps, walkLabels } from '../../src/storage/walk-labels.ts';
import { listIds } from './list-ids.ts';
import { makeIdOf, makeRecord } from './make-record.ts';
import { makeStore, type OpenStorage } from './make-store.ts';

export function testLabels(open: OpenStorage): void {
  describe('listLabels', () => {
    it('gives ids and metadata, narrowed and in order like a list', async (t) => {
      const { storage } = await makeStore(t, open);
      const records = Array.from({ length: 12 }, (_, number) =>
        makeRecord({
          id: makeIdOf(1000 * number),
          metadata: { third: String(number % 3), '\ud800': '\0' },
          model: number % 2 === 0 ? 'even' : 'odd',
          status: number === 6 ? 'failed' : 'completed',
        }),
      );
      for (const record of records) await storage.insert(record);
      const pick = (numbers: readonly number[]) =>
        numbers.map((number) => ({ id: records[number]!.id, metadata: records[number]!.metadata }));
      const all = { status: 'completed', limit: 100, order: 'asc' } as const;
      assert.deepEqual(await storage.listLabels('home', { ...all, status: 'failed' }), pick([6]));
      assert.deepEqual(await storage.listLabels('home', { ...all, limit: 2, order: 'desc' }), pick([11, 10]));
      const narrowed = { ...all, metadata: { third: '0' }, model: 'even' };
      assert.deepEqual(await storage.listLabels('home', narrowed), pick([0]));
      const late = { ...all, metadata: { third: '1' }, createdAfterMs: 2000, createdBeforeMs: 10_000 };
      assert.deepEqual(await storage.listLabels('home', late), pick([4, 7]));
      assert.deepEqual(await storage.listLabels('home', { ...late, after: records[4]!.id }), pick([7]));
      assert.deepEqual(await storage.listLabels('other', all), []);
    });
  });

  describe('listProjects', () => {
    it('names each that holds anything once, in order', async (t) => {
      const { storage } = await makeStore(t, open);
      assert.deepEqual(await storage.listProjects(), []);
      for (const project of ['home', 'b', 'a', 'home', 'a\\"']) await storage.insert(makeRecord({ project }));
      const [first] = await listIds(storage, {}, 'a');
      assert.deepEqual(await storage.listProjects(), ['a', 'a\\"', 'b', 'home']);
      await storage.delete('a', first!);
      assert.deepEqual(await storage.listProjects(), ['a\\"', 'b', 'home']);
    });
  });

  describe('delete with versions', () => {
    it('leaves alone what has another', async (t) => {
      const { storage } = await makeStore(t, open);
      const record = makeRecord({ metadata: { topic: 'sea' } });
      await storage.insert(record);
      const versions = [readMetadataVersion(record.metadata)];
      assert.equal(await storage.delete('home', record.id, [readMetadataVersion({})]), false);
      assert.equal(await storage.delete('home', record.id, []), false);
      assert.deepEqual(await listIds(storage), [record.id]);
      assert.equal(await storage.delete('home', record.id, versions), true);
      assert.equal(await storage.delete('home', record.id, versions), false);
    });
  });

  describe('a walk', () => {
    it('finds everything once, of every status, and may delete it on the way', async (t) => {
      const { storage } = await makeStore(t, open);
      const statuses = ['completed', 'interrupted', 'failed'] as const;
      const records: CompletionRecord[] = Array.from({ length: 1600 }, (_, number) =>
        makeRecord({ metadata: { mine: String(number % 100 === 99) }, status: statuses[number % 3]! }),
      );
      await Promise.all(records.map((record) => storage.insert(record)));
      await storage.insert(makeRecord({ project: 'other' }));
      const walk = (filter: Parameters<typeof walkLabels>[2]) => walkLabels(storage, 'home', filter);
      const ids = (await Array.fromAsync(walk({}))).map(({ id }) => id);
      assert.deepEqual(ids.toSorted(), records.map(({ id }) => id).sort());

      assert.equal(await deleteInSteps(storage, 'home', walk({ metadata: { mine: 'true' } })), 16);
      assert.equal(await deleteInSteps(storage, 'home', walk({ metadata: { mine: 'true' } })), 0);
      assert.equal((await Array.fromAsync(walk({}))).length, 1584);
    });

    it('does not delete what got other labels after it was found', async (t) => {
      const { storage } = await makeStore(t, open);
      const [changed, found] = [makeRecord(), makeRecord()];
      await storage.insert(changed);
      await storage.insert(found);
      async function* walkAndChange() {
        for await (const labels of walkLabels(storage, 'home', {})) {
          await storage.updateMetadata('home', changed.id, { keep: 'yes' });
          yield labels;
        }
      }
      assert.equal(await deleteInSteps(storage, 'home', walkAndChange()), 1);
      assert.deepEqual(await listIds(storage), [changed.id]);
    });
  });
}
