// Time goes by as the tests say.

import assert from 'node:assert/strict';
import { join } from 'node:path';
import { describe, it, type TestContext } from 'node:test';

import { mintCompletionId } from '../../src/completion-id.ts';
import type { Asked } from '../../src/gateway/compose-record.ts';
import type { JournalEntry } from '../../src/gateway/journal-entry.ts';
import { readNotes } from '../../src/gateway/journal-notes.ts';
import { Journal } from '../../src/gateway/journal.ts';
import type { JournalUpdate } from '../../src/storage/journal.ts';
import { openSqliteStorage } from '../../src/storage/sqlite/storage.ts';
import type { Storage } from '../../src/storage/storage.ts';
import { makeFolder } from '../make-folder.ts';
import { toBytes } from '../storage/make-record.ts';

const TICK_MS = 100;
const MEGABYTE = 1_048_576;

interface Exchange {
  readonly asked: Asked;
  readonly entry: JournalEntry;
  /** How far it has come. */
  readonly progress: { upstream: string; firstByteMs: number | null; totalMs: number };
  /** The operator is told so. */
  readonly warnings: string[];
  readonly add: (text: string | Uint8Array) => void;
}

interface Setup {
  readonly storage: Storage;
  readonly journal: Journal;
  /** What the store was asked to keep. */
  readonly updates: JournalUpdate[];
  /** What the store does with it; at first it keeps it. */
  keep: (update: JournalUpdate) => Promise<void>;
  begin(): Exchange;
  /** Lets so many ticks pass, each of them until the store has answered. */
  pass(ticks: number): Promise<void>;
}

async function setUp(t: TestContext): Promise<Setup> {
  const storage = await openSqliteStorage(join(await makeFolder(t), 'colloquy.db'));
  t.after(() => storage.close());
  t.mock.timers.enable({ apis: ['setInterval'] });
  const pending = new Set<Promise<void>>();
  const setup: Setup = {
    storage,
    updates: [],
    keep: (update) => storage.note(update),
    journal: new Journal({
      note: async (update) => {
        setup.updates.push(update);
        const kept = setup.keep(update);
        pending.add(kept);
        await kept.finally(() => pending.delete(kept));
      },
      removeNoter: (noter) => storage.removeNoter(noter),
    }),
    begin() {
      const asked = {
        project: 'home',
        id: mintCompletionId(),
        requestedModel: 'small',
        requestId: 'req_1',
        metadata: { topic: 'sea' },
        request: toBytes('{"model":"small"}'),
      };
      const warnings: string[] = [];
      const progress = { upstream: '', firstByteMs: null, totalMs: 0 };
      const log = { warn: (_details: object, message: string) => warnings.push(message) };
      const entry = setup.journal.begin({ describe: () => asked, progress, log });
      const add = (text: string | Uint8Array): void => setup.journal.add(entry, Buffer.from(text));
      return { asked, entry, progress, warnings, add };
    },
    async pass(ticks) {
      for (let tick = 0; tick < ticks; tick += 1) {
        t.mock.timers.tick(TICK_MS);
        await settle(pending);
      }
    },
  };
  return setup;
}

/** Waits for what is under way, and for what follows from it. */
async function settle(pending: ReadonlySet<Promise<void>>): Promise<void> {
  do {
    await Promise.allSettled(pending);
    await new Promise(setImmediate);
  } while (pending.size > 0);
}

/** What was noted of an answer. */
async function readParts({ storage, journal }: Setup): Promise<string[]> {
  const noted = await storage.getNoted(journal.name, '');
  return noted === undefined ? [] : readNotes(noted).parts.map((part) => Buffer.from(part).toString());
}

async function readText(setup: Setup): Promise<string> {
  return (await readParts(setup)).join('');
}

describe('The journal', () => {
  it('notes nothing of what is quick', async (t) => {
    const setup = await setUp(t);
    for (let count = 0; count < 5; count += 1) {
      const { entry, add } = setup.begin();
      add('x'.repeat(100_000));
      await setup.pass(1);
      setup.journal.end(entry);
    }
    await setup.pass(100);
    assert.deepEqual(setup.updates, []);
    await setup.journal.close();
    assert.deepEqual(await setup.storage.listNoters(), []);
  });

  it('notes what was asked once it takes a while, and then each second what has come', async (t) => {
    const setup = await setUp(t);
    const { asked, progress, add } = setup.begin();
    await setup.pass(2);
    const noted = await setup.storage.getNoted(setup.journal.name, '');
    assert.ok(noted);
    assert.deepEqual(readNotes(noted), { asked, parts: [] });
    assert.deepEqual(noted.progress, progress);

    add('one ');
    add('two ');
    await setup.pass(8);
    assert.equal(await readText(setup), '');
    progress.firstByteMs = 7;
    await setup.pass(1);
    assert.deepEqual(await readParts(setup), ['one two ']);
    assert.deepEqual((await setup.storage.getNoted(setup.journal.name, ''))?.progress, progress);
    add('three');
    await setup.pass(9);
    assert.deepEqual(await readParts(setup), ['one two ', 'three']);
  });

  it('notes at once what came before the first note, and what is much', async (t) => {
    const setup = await setUp(t);
    const { add } = setup.begin();
    add('a'.repeat(20_000));
    await setup.pass(2);
    assert.equal((await readText(setup)).length, 20_000);
    add('b'.repeat(16_383));
    await setup.pass(0);
    assert.equal((await readText(setup)).length, 20_000);
    add('c');
    await setup.pass(0);
    assert.equal((await readText(setup)).length, 36_384);
  });

  it('says that it goes on while nothing comes, and nothing once nothing is under way', async (t) => {
    const setup = await setUp(t);
    const { entry } = setup.begin();
    await setup.pass(2);
    const [before] = await setup.storage.listNoters();
    await setup.pass(10);
    const [after] = await setup.storage.listNoters();
    assert.ok(before && after && after.name === before.name && after.beat > before.beat);
    setup.journal.end(entry);
    await setup.pass(1);
    const { length } = setup.updates;
    await setup.pass(100);
    assert.equal(setup.updates.length, length);
    await setup.journal.close();
    assert.deepEqual(await setup.storage.listNoters(), []);
  });

  it('notes many together, but not too many at once', async (t) => {
    const setup = await setUp(t);
    const exchanges = Array.from({ length: 300 }, () => setup.begin());
    await setup.pass(2);
    assert.deepEqual(
      setup.updates.map(({ notes }) => new Set(notes.map(({ id }) => id)).size),
      [128, 128, 44],
    );
    for (const { add } of exchanges) add('x'.repeat(10_000));
    await setup.pass(9);
    const sizes = setup.updates.slice(3).map(({ notes }) => notes.length);
    assert.equal(
      sizes.reduce((sum, size) => sum + size, 0),
      300,
    );
    assert.ok(sizes.every((size) => size < 128));
  });

  it('forgets what comes to nothing', async (t) => {
    const setup = await setUp(t);
    const { entry, add } = setup.begin();
    const other = setup.begin();
    add('one');
    await setup.pass(2);
    setup.journal.drop(entry);
    await setup.pass(1);
    assert.equal((await setup.storage.getNoted(setup.journal.name, ''))?.id, other.asked.id);
    // Also what is dropped while it is being noted.
    setup.journal.drop(other.entry);
    const last = setup.begin();
    await setup.pass(1);
    const kept = setup.pass(1);
    setup.journal.drop(last.entry);
    await kept;
    await setup.pass(2);
    assert.equal(await setup.storage.getNoted(setup.journal.name, ''), undefined);
  });

  it('notes nothing of what has ended, and goes on with the others', async (t) => {
    const setup = await setUp(t);
    const [first, second] = [setup.begin(), setup.begin()];
    await setup.pass(2);
    const { keep } = setup;
    const away = Promise.withResolvers<void>();
    setup.keep = async (update) => {
      await away.promise;
      return keep(update);
    };
    first.add('x'.repeat(20_000));
    const last = setup.begin();
    t.mock.timers.tick(2 * TICK_MS);
    // It waits for the store now. As when it could not be kept: it ends, and nothing came of it.
    setup.journal.end(last.entry);
    setup.journal.drop(last.entry);
    second.add('two');
    away.resolve();
    await setup.pass(10);
    const notes = setup.updates.slice(1).flatMap((update) => update.notes);
    assert.deepEqual(
      notes.map(({ id }) => id),
      [first.asked.id, second.asked.id],
    );
    assert.equal(setup.journal.heldBytes, 0);
  });

  it('notes without a gap what the store could not take for a while, and says so once', async (t) => {
    const setup = await setUp(t);
    const { add, warnings } = setup.begin();
    const { keep } = setup;
    setup.keep = () => Promise.reject(new Error('away'));
    add('one ');
    await setup.pass(12);
    add('two ');
    await setup.pass(12);
    assert.equal(warnings.length, 1);
    // It may have been kept all the same.
    setup.keep = async (update) => {
      await keep(update);
      throw new Error('away');
    };
    await setup.pass(12);
    add('three');
    setup.keep = keep;
    await setup.pass(12);
    assert.equal(await readText(setup), 'one two three');
    assert.equal(warnings.length, 1);
    setup.keep = () => Promise.reject(new Error('away again'));
    add('four');
    await setup.pass(12);
    assert.equal(warnings.length, 2);
  });

  it('holds no more than it may of what the store does not take, and notes the others to the end', async (t) => {
    const setup = await setUp(t);
    const [giant, small] = [setup.begin(), setup.begin()];
    small.add('one ');
    await setup.pass(2);
    const { keep } = setup;
    const away = Promise.withResolvers<void>();
    setup.keep = async (update) => {
      await away.promise;
      return keep(update);
    };
    const piece = Buffer.alloc(MEGABYTE, 'x');
    const other = setup.begin();
    for (let count = 0; count < 40; count += 1) {
      giant.add(piece);
      assert.ok(setup.journal.heldBytes <= 16 * MEGABYTE);
    }
    small.add('two');
    other.add('a piece that is too large');
    away.resolve();
    await setup.pass(10);
    other.add(Buffer.alloc(20 * MEGABYTE));
    assert.equal(setup.journal.heldBytes, 0);
    giant.add('y');
    await setup.pass(10);
    assert.equal(setup.journal.heldBytes, 0);
    const first = await setup.storage.getNoted(setup.journal.name, '');
    const text = Buffer.concat(readNotes(first!).parts).toString();
    assert.equal(first?.id, giant.asked.id);
    // The part of it that was noted before is whole.
    assert.match(text, /^x*$/);
    assert.ok(text.length < 40 * MEGABYTE);
    const second = await setup.storage.getNoted(setup.journal.name, first.id);
    assert.equal(Buffer.concat(readNotes(second!).parts).toString(), 'one two');
    const third = await setup.storage.getNoted(setup.journal.name, second!.id);
    assert.equal(Buffer.concat(readNotes(third!).parts).toString(), 'a piece that is too large');
  });
});
