import assert from 'node:assert/strict';
import { describe, it } from 'node:test';

import { mintCompletionId } from '../../src/completion-id.ts';
import type { CompletionPlace, JournalNote, NotedCompletion } from '../../src/storage/journal.ts';
import { StorageError, type CompletionRecord, type Storage } from '../../src/storage/storage.ts';
import { listIds } from './list-ids.ts';
import { makeChat, makeRecord, toBytes } from './make-record.ts';
import { makeStore, type OpenStorage } from './make-store.ts';
import { assertKept } from './test-records.ts';

const PROGRESS = { upstream: 'local', firstByteMs: null, totalMs: 7 };

function makeNotes({ project, id }: CompletionPlace, ...texts: readonly string[]): JournalNote[] {
  return texts.map((text, number) => ({ project, id, number, bytes: toBytes(text), ...PROGRESS }));
}

function makePlace(id = mintCompletionId()): CompletionPlace {
  return { project: 'home', id };
}

async function write(
  storage: Storage,
  notes: readonly JournalNote[],
  { name = 'one', beat = 1, dropped = [] as readonly CompletionPlace[] } = {},
): Promise<void> {
  await storage.note({ noter: { name, beat }, notes, dropped });
}

/** The ids of all completions on which there are notes. */
async function listNoted(storage: Storage, noter = 'one'): Promise<string[]> {
  const ids: string[] = [];
  let found: NotedCompletion | undefined;
  while ((found = await storage.getNoted(noter, ids.at(-1) ?? '')) !== undefined) ids.push(found.id);
  return ids;
}

function makeInterrupted(changes: Partial<CompletionRecord> = {}): CompletionRecord {
  return makeRecord({ status: 'interrupted', ...changes });
}

/** What is left if the process that notes it is taken for dead. */
async function recoverNoted(storage: Storage, record: CompletionRecord): Promise<void> {
  await write(storage, makeNotes(record, 'a'));
  assert.equal(await storage.recover(record), true);
}

export function testJournal(open: OpenStorage): void {
  describe('notes', () => {
    it('come back in order, to the byte, with how far the last one says it was', async (t) => {
      const { storage, openAgain } = await makeStore(t, open);
      const place = { project: 'ho\0me "é"', id: mintCompletionId() };
      const whole = Buffer.from([0, 255, 0xf0, 0x9f, 7, 7, 7]);
      const last = { upstream: 'other "é"', firstByteMs: 3, totalMs: 2 ** 40 };
      const notes = makeNotes(place, '{"a":1}', '', 'x'.repeat(300_000));
      await write(storage, notes.toReversed());
      await write(storage, [{ ...place, number: 11, bytes: whole.subarray(0, 4), ...last }]);
      await storage.close();
      assert.deepEqual(await (await openAgain()).getNoted('one', ''), {
        ...place,
        progress: last,
        notes: [...notes.map(({ bytes }) => bytes), new Uint8Array([0, 255, 0xf0, 0x9f])],
      });
    });

    it('are replaced by those with their number', async (t) => {
      const { storage } = await makeStore(t, open);
      const notes = makeNotes(makePlace(), 'a', 'b');
      await write(storage, notes);
      await write(storage, [{ ...notes[1]!, bytes: toBytes('bcd'), firstByteMs: 1 }]);
      const found = await storage.getNoted('one', '');
      assert.deepEqual(found?.notes, [toBytes('a'), toBytes('bcd')]);
      assert.equal(found.progress.firstByteMs, 1);
    });

    it('are found by who wrote them, in order of ids, of all projects', async (t) => {
      const { storage } = await makeStore(t, open);
      const places = ['a', 'b', 'a'].map((project) => ({ project, id: mintCompletionId() }));
      for (const place of places.toReversed()) await write(storage, makeNotes(place, 'x'));
      await write(storage, makeNotes(makePlace(), 'x'), { name: 'two' });
      assert.deepEqual(
        await listNoted(storage),
        places.map(({ id }) => id),
      );
      assert.equal((await listNoted(storage, 'two')).length, 1);
      assert.deepEqual(await listNoted(storage, 'three'), []);
    });

    it('are not found without their first one', async (t) => {
      const { storage } = await makeStore(t, open);
      await write(storage, makeNotes(makePlace(), 'a', 'b').slice(1));
      assert.deepEqual(await listNoted(storage), []);
    });

    it('go when they are dropped, or when what they tell of is kept or deleted', async (t) => {
      const { storage } = await makeStore(t, open);
      const [dropped, kept, deleted] = [makePlace(), makeRecord(), makeRecord()];
      const stays = makeRecord({ project: 'other', id: kept.id });
      await storage.insert(deleted);
      for (const place of [dropped, kept, deleted, stays]) await write(storage, makeNotes(place, 'a', 'b'));
      await write(storage, [], { dropped: [dropped] });
      await storage.insert(kept);
      await storage.delete('home', deleted.id);
      assert.deepEqual(await listNoted(storage), [stays.id]);
      assert.equal((await storage.getNoted('one', ''))?.project, 'other');
    });

    it('never outlive an insert that was asked for after them', async (t) => {
      const { storage } = await makeStore(t, open);
      const records = Array.from({ length: 40 }, () => makeRecord());
      await Promise.all(
        records.flatMap((record) => [
          write(storage, makeNotes(record, 'a', 'b'.repeat(10_000))),
          storage.insert(record),
        ]),
      );
      assert.deepEqual(await listNoted(storage), []);
    });

    it('cost no insert that waits with them', async (t) => {
      const { storage } = await makeStore(t, open);
      const record = makeRecord();
      const invalid = { ...makeNotes(record, 'a')[0]!, totalMs: 'soon' as unknown as number };
      const [noted] = await Promise.allSettled([write(storage, [invalid]), storage.insert(record)]);
      assert.ok(noted.status === 'rejected' && noted.reason instanceof StorageError);
      await assertKept(storage, record);
      assert.equal(storage.available, true);
    });
  });

  describe('those who note', () => {
    it('are listed with their last beat', async (t) => {
      const { storage } = await makeStore(t, open);
      assert.deepEqual(await storage.listNoters(), []);
      await write(storage, []);
      await write(storage, makeNotes(makePlace(), 'a'), { beat: 3 });
      await write(storage, [], { name: 'two', beat: 2 ** 40 });
      const noters = (await storage.listNoters()).toSorted((a, b) => a.beat - b.beat);
      assert.deepEqual(noters, [
        { name: 'one', beat: 3 },
        { name: 'two', beat: 2 ** 40 },
      ]);
    });

    it('go with what is left of their notes, unless they go on', async (t) => {
      const { storage } = await makeStore(t, open);
      const place = makePlace();
      await write(storage, makeNotes(place, 'a', 'b'), { beat: 2 });
      await write(storage, [], { name: 'two', beat: 5 });
      await storage.removeNoter({ name: 'one', beat: 1 });
      assert.deepEqual(await listNoted(storage), [place.id]);
      await storage.removeNoter({ name: 'one', beat: 2 });
      assert.deepEqual(await listNoted(storage), []);
      assert.deepEqual(await storage.listNoters(), [{ name: 'two', beat: 5 }]);
      // Nor is a part of them left to be found.
      await write(storage, makeNotes(place, 'c'));
      assert.deepEqual((await storage.getNoted('one', ''))?.notes, [toBytes('c')]);
    });
  });

  describe('what is recovered', () => {
    it('is kept once, however many try', async (t) => {
      const { storage, openAgain } = await makeStore(t, open);
      const others = [storage, await openAgain(), await openAgain()];
      const record = makeInterrupted({ metadata: { topic: 'sea' } });
      await write(storage, makeNotes(record, 'a', 'b'));
      const tries = [...others, ...others].map((each) => each.recover(record));
      assert.equal((await Promise.all(tries)).filter(Boolean).length, 1);
      await assertKept(storage, record);
      assert.deepEqual(await listIds(storage, { status: 'interrupted', metadata: { topic: 'sea' } }), [
        record.id,
      ]);
      assert.deepEqual(await listNoted(storage), []);
    });

    it('is not kept without notes', async (t) => {
      const { storage } = await makeStore(t, open);
      const record = makeInterrupted();
      assert.equal(await storage.recover(record), false);
      await write(storage, makeNotes(record, 'a', 'b').slice(1));
      assert.equal(await storage.recover(record), false);
      assert.equal(await storage.get('home', record.id), undefined);
    });

    it('takes the place of nothing that is kept', async (t) => {
      const { storage } = await makeStore(t, open);
      const record = makeRecord({ metadata: { topic: 'sea' } });
      await storage.insert(record);
      await write(storage, makeNotes(record, 'a'));
      const late = makeInterrupted({ id: record.id, metadata: { topic: 'land' } });
      assert.equal(await storage.recover(late), false);
      await assertKept(storage, record);
      assert.deepEqual(await listIds(storage, { status: 'interrupted' }), []);
      assert.deepEqual(await listNoted(storage), []);
    });

    for (const status of ['completed', 'failed', 'interrupted'] as const) {
      it(`makes room if it comes to be ${status} after all`, async (t) => {
        const { storage } = await makeStore(t, open);
        const early = makeInterrupted({
          ...makeChat('Where do whales sleep?', 'In the'),
          metadata: { topic: 'sea', part: 'first' },
        });
        await recoverNoted(storage, early);
        assert.deepEqual(await listIds(storage, { status: 'interrupted', q: 'whales' }), [early.id]);
        const record = makeRecord({
          ...makeChat('Where do whales sleep?', 'In the open ocean.'),
          id: early.id,
          status,
          metadata: { topic: 'sea' },
        });
        const key = { value: 'k', expiresAtMs: Date.now() + 60_000 };
        // Others of its group are kept as well.
        const [isKept, ...rest] = await Promise.all([
          storage.insert(record, key),
          ...Array.from({ length: 3 }, () => storage.insert(makeRecord({ status }))),
        ]);
        assert.deepEqual([isKept, ...rest], [true, true, true, true]);
        await assertKept(storage, record);
        assert.equal((await storage.getByIdempotencyKey('home', 'k'))?.id, record.id);
        assert.deepEqual(await listIds(storage, { status, metadata: { topic: 'sea' } }), [record.id]);
        assert.deepEqual(await listIds(storage, { status, q: 'open ocean' }), [record.id]);
        assert.deepEqual(await listIds(storage, { status, metadata: { part: 'first' } }), []);
        if (status !== 'interrupted') assert.deepEqual(await listIds(storage, { status: 'interrupted' }), []);
        assert.equal(await storage.delete('home', record.id), true);
        assert.equal(await storage.getByIdempotencyKey('home', 'k'), undefined);
      });
    }

    it('stays if what comes after all may not be kept', async (t) => {
      const { storage } = await makeStore(t, open);
      const key = { value: 'k', expiresAtMs: Date.now() + 60_000 };
      await storage.insert(makeRecord(), key);
      const early = makeInterrupted({ metadata: { topic: 'sea' } });
      await recoverNoted(storage, early);
      assert.equal(await storage.insert(makeRecord({ id: early.id }), key), false);
      await assertKept(storage, early);
      await assert.rejects(storage.insert(makeRecord({ id: early.id, totalMs: 0.5 })), StorageError);
      await assertKept(storage, early);
      assert.deepEqual(await listIds(storage, { status: 'interrupted', metadata: { topic: 'sea' } }), [
        early.id,
      ]);
    });
  });
}
