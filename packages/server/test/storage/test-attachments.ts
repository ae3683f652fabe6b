import assert from 'node:assert/strict';
import { describe, it } from 'node:test';

import fc from 'fast-check';

import { StorageError, type CompletionRecord, type Storage } from '../../src/storage/storage.ts';
import { listIds } from './list-ids.ts';
import { makeBytes, makeImageRecord } from './make-attachments.ts';
import { makeRecord, toBytes } from './make-record.ts';
import { makeStore, type OpenStorage } from './make-store.ts';
import { assertKept } from './test-records.ts';

const [FIRST, SECOND] = [makeBytes('first'), makeBytes('second')];

/** What stands around attachments, and what only looks like one. */
const piece = fc.oneof(
  fc.string({ maxLength: 20 }),
  fc.constantFrom(
    '"',
    '\\',
    '\\"',
    '{"url":"',
    '"data":"',
    '"file_data": "',
    'data:image/png;base64,',
    '"}',
    '==',
  ),
);
/** Few contents, so that they meet; in any spelling. */
const base64 = fc
  .tuple(
    fc.integer({ min: 0, max: 3 }),
    fc.integer({ min: 760, max: 800 }),
    fc.constantFrom(
      (text: string) => text,
      (text: string) => text.replaceAll('/', '\\/'),
      (text: string) => text.replaceAll('+', '\\u002B'),
      (text: string) => text.replaceAll('+', '-').replaceAll('/', '_'),
      (text: string) => text.replace(/=*$/, ''),
      (text: string) => text.replaceAll(/.{76}/g, '$&\\n'),
      (text: string) => text.replace('/', '\\/'),
      (text: string) => `${text} `,
    ),
  )
  .map(([seed, length, respell]) => respell(makeBytes(seed, length).toString('base64')));
const request = fc
  .array(
    fc.oneof(
      piece,
      base64,
      fc.tuple(fc.constant('data:image/png;base64,'), base64).map((each) => each.join('')),
    ),
    {
      maxLength: 12,
    },
  )
  .map((pieces) => toBytes(pieces.join('')));

/**
 * Some records with some of a few images, in some projects, inserted and deleted by several stores at once. Returns those
 * that are left.
 */
export async function changeAtOnce(stores: readonly Storage[], rounds: number): Promise<CompletionRecord[]> {
  const images = Array.from({ length: 5 }, (_, seed) => makeBytes(seed));
  const left = await Promise.all(
    stores.map(async (storage, number) => {
      const kept: CompletionRecord[] = [];
      for (let round = 0; round < rounds; round++) {
        const records = Array.from({ length: 8 }, (_, index) =>
          makeImageRecord(
            // In another order each time: what needs several must not wait for what needs them the other way round.
            images
              .filter((__, image) => (round * 8 + index + number) & (1 << image))
              .toSorted(() => (index % 2) - 0.5),
            { project: index % 3 === 0 ? 'other' : 'home' },
          ),
        );
        const deleted = kept.splice(0, 5);
        await Promise.all([
          ...records.map((record) => storage.insert(record)),
          ...deleted.map(({ project, id }) => storage.delete(project, id)),
        ]);
        kept.push(...records);
      }
      return kept;
    }),
  );
  return left.flat();
}

/** Recovers a record and replaces it, and keeps another one at the same time. Returns both. */
export async function replaceRecovered(storage: Storage): Promise<CompletionRecord[]> {
  const recovered = makeImageRecord([FIRST, SECOND], { status: 'interrupted' });
  const { project, id } = recovered;
  const progress = { upstream: 'local', firstByteMs: null, totalMs: 7 };
  await storage.note({
    noter: { name: 'one', beat: 1 },
    notes: [{ project, id, number: 0, bytes: toBytes('a'), ...progress }],
    dropped: [],
  });
  assert.equal(await storage.recover(recovered), true);
  await assertKept(storage, recovered);
  const records = [makeImageRecord([FIRST], { id }), makeImageRecord([SECOND])];
  await Promise.all(records.map((record) => storage.insert(record)));
  return records;
}

export function testAttachments(open: OpenStorage): void {
  describe('a request with images', () => {
    it('comes back as it was kept, in each turn of a chat', async (t) => {
      const { storage } = await makeStore(t, open);
      const turns = Array.from({ length: 5 }, (_, turn) =>
        makeImageRecord([FIRST, SECOND].slice(0, turn), { text: `turn ${turn}` }),
      );
      for (const record of turns) await storage.insert(record);
      for (const record of turns) await assertKept(storage, record);
    });

    it('comes back byte for byte, whatever it looks like', async (t) => {
      const { storage } = await makeStore(t, open);
      await fc.assert(
        fc.asyncProperty(request, async (given) => {
          const record = makeRecord({ request: given });
          await storage.insert(record);
          await assertKept(storage, record);
        }),
      );
    });

    it('may hold many of megabytes', async (t) => {
      const { storage } = await makeStore(t, open);
      const record = makeImageRecord(Array.from({ length: 6 }, (_, seed) => makeBytes(seed, 750_000)));
      await storage.insert(record);
      const kept = await storage.getRequest('home', record.id);
      assert.ok(Buffer.from(record.request).equals(kept ?? toBytes('')));
    });

    it('has them as long as it is kept, whatever else is deleted, in any order', async (t) => {
      const { storage } = await makeStore(t, open);
      const records = [
        makeImageRecord([FIRST]),
        makeImageRecord([FIRST, FIRST]),
        makeImageRecord([SECOND, FIRST]),
        makeImageRecord([FIRST], { project: 'other' }),
      ];
      for (const order of [
        [0, 1, 2, 3],
        [3, 2, 1, 0],
        [1, 3, 0, 2],
      ]) {
        await Promise.all(records.map((record) => storage.insert(record)));
        const left = new Set(records);
        for (const index of order) {
          const { project, id } = records[index]!;
          assert.equal(await storage.delete(project, id), true);
          left.delete(records[index]!);
          for (const record of left) await assertKept(storage, record);
        }
      }
    });

    it('keeps them from one that is refused, and gives up none for it', async (t) => {
      const { storage } = await makeStore(t, open);
      const first = makeImageRecord([FIRST]);
      await storage.insert(first);
      const refused = makeImageRecord([FIRST, SECOND], { id: first.id });
      const beside = makeImageRecord([SECOND]);
      const results = await Promise.allSettled([refused, beside].map((record) => storage.insert(record)));
      assert.ok(results[0]?.status === 'rejected' && results[0].reason instanceof StorageError);
      await assertKept(storage, first);
      await assertKept(storage, beside);
    });

    it('is kept with its key, or not at all', async (t) => {
      const { storage } = await makeStore(t, open);
      const key = { value: 'key', expiresAtMs: Date.now() + 60_000 };
      const first = makeImageRecord([FIRST]);
      const second = makeImageRecord([FIRST, SECOND]);
      assert.equal(await storage.insert(first, key), true);
      assert.equal(await storage.insert(second, key), false);
      assert.equal(await storage.getRequest('home', second.id), undefined);
      await assertKept(storage, first);
      await storage.delete('home', first.id);
      assert.equal(await storage.insert(second, key), true);
      await assertKept(storage, second);
    });

    it('is whole if it was recovered, and if what was recovered makes room', async (t) => {
      const { storage } = await makeStore(t, open);
      for (const record of await replaceRecovered(storage)) await assertKept(storage, record);
    });

    it('is found by what was said, not by its images, until it is deleted', async (t) => {
      const { storage } = await makeStore(t, open);
      const record = makeImageRecord([FIRST], { text: 'Which tree?' });
      const other = makeImageRecord([FIRST], { text: 'Which house?' });
      await storage.insert(record);
      await storage.insert(other);
      assert.deepEqual(await listIds(storage, { q: 'tree' }), [record.id]);
      assert.deepEqual(await listIds(storage, { q: 'png' }), []);
      await storage.delete('home', record.id);
      assert.deepEqual(await listIds(storage, { q: 'tree' }), []);
      assert.deepEqual(await listIds(storage, { q: 'which' }), [other.id]);
      await assertKept(storage, other);
    });

    it('is whole, whoever else writes and deletes the same images', async (t) => {
      const { storage, openAgain } = await makeStore(t, open);
      const left = await changeAtOnce([storage, await openAgain()], 10);
      for (const record of left) await assertKept(storage, record);
    });
  });
}
