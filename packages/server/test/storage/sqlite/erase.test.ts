// What is deleted is gone: no file of the store has it any longer.

import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { readFile, readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { describe, it } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';

import { mintCompletionId } from '../../../src/completion-id.ts';
import { sweep } from '../../../src/retention/sweep.ts';
import { openSqliteStorage } from '../../../src/storage/sqlite/storage.ts';
import type { CompletionRecord, Storage } from '../../../src/storage/storage.ts';
import { deleteInSteps, walkLabels } from '../../../src/storage/walk-labels.ts';
import { makeFolder } from '../../make-folder.ts';
import { listIds } from '../list-ids.ts';
import { makeBytes, makeImageRecord } from '../make-attachments.ts';
import { makeChat, makeRecord } from '../make-record.ts';
import { assertKept } from '../test-records.ts';

/** Each stands in another place of a record. */
const CANARIES = [
  'qwaskedzx',
  'qwansweredzx',
  'qwvaluezx',
  'qwkeyzx',
  'qwmodelzx',
  'qwupstreamzx',
  'qwrequestzx',
];

/** Words of no meaning. */
function babble(seed: number): string {
  return Array.from({ length: 300 }, (_, index) => ((seed + 7) * (index + 3) * 7919).toString(36)).join(' ');
}

/** Which of these bytes are in a file of the folder. */
async function findIn(folder: string, sought: readonly Buffer[]): Promise<Buffer[]> {
  const files = await readdir(folder);
  const contents = await Promise.all(files.map((name) => readFile(join(folder, name))));
  return sought.filter((bytes) => contents.some((content) => content.includes(bytes)));
}

/** From the middle of the texts as they lie in the file: compressed, and perhaps on several pages. */
function readPieces(path: string, id: string): Buffer[] {
  const db = new DatabaseSync(path, { readOnly: true });
  const row = db.prepare('SELECT response FROM completions WHERE id = ?').get(id);
  db.close();
  // The request is in it.
  const texts = Buffer.from(row?.['response'] as Uint8Array);
  return [100, texts.length - 140].map((start) => texts.subarray(start, start + 40));
}

/** Each leaves the others. */
const WAYS: Readonly<Record<string, (storage: Storage, canary: CompletionRecord) => Promise<unknown>>> = {
  'by its id': (storage, { id }) => storage.delete('home', id),
  'by its metadata': (storage, { metadata }) =>
    deleteInSteps(storage, 'home', walkLabels(storage, 'home', { metadata })),
  'since it was kept long enough': (storage, { metadata }) =>
    sweep(storage, [{ project: undefined, metadata, keepMs: 0 }], Date.now() + 60_000),
};

describe('a record that is deleted', () => {
  for (const [way, erase] of Object.entries(WAYS)) {
    it(`${way} is in no file any longer, neither its text nor its words`, async (t) => {
      const folder = await makeFolder(t);
      const path = join(folder, 'colloquy.db');
      const storage = await openSqliteStorage(path);
      t.after(() => storage.close());
      const [question, answer, value, key, model, upstreamId, requestId] = CANARIES as [
        string,
        string,
        ...string[],
      ];
      const canary = makeRecord({
        ...makeChat(`${babble(1000)} ${question} ${babble(2)}`, `${babble(2000)} ${answer}`),
        metadata: { topic: value!, [key!]: 'x' },
        model: model!,
        upstreamId: upstreamId!,
        requestId: requestId!,
      });
      const others = Array.from({ length: 60 }, (_, seed) =>
        makeRecord({ id: mintCompletionId(), ...makeChat(babble(seed), babble(seed + 1)) }),
      );
      await Promise.all(
        [...others.slice(30), canary, ...others.slice(0, 30)].map((each) => storage.insert(each)),
      );
      assert.deepEqual(await listIds(storage, { q: question }), [canary.id]);
      // The index does not repeat what a word has in common with the one before it.
      const sought = [...CANARIES.map((word) => Buffer.from(word.slice(3))), ...readPieces(path, canary.id)];
      assert.deepEqual(await findIn(folder, sought), sought);

      assert.ok(await erase(storage, canary));
      const signal = AbortSignal.timeout(10_000);
      while ((await findIn(folder, sought)).length > 0) await sleep(20, undefined, { signal });

      assert.equal((await listIds(storage)).length, others.length);
      assert.deepEqual(await listIds(storage, { q: question }), []);
      await storage.close();
      const db = new DatabaseSync(path);
      t.after(() => db.close());
      assert.equal(db.prepare('PRAGMA integrity_check').get()?.['integrity_check'], 'ok');
      // Throws if the index contradicts itself.
      db.exec("INSERT INTO texts (texts) VALUES ('integrity-check')");
    });
  }

  it('leaves an image that another one uses, and takes one that nobody uses with it', async (t) => {
    const folder = await makeFolder(t);
    const storage = await openSqliteStorage(join(folder, 'colloquy.db'));
    t.after(() => storage.close());
    const images = [makeBytes('shared', 20_000), makeBytes('alone', 20_000)];
    // Several of the pages that each takes.
    const [shared, alone] = images.map((bytes) =>
      [100, 9000, 19_000].map((at) => bytes.subarray(at, at + 32)),
    );
    const [first, second] = [makeImageRecord(images), makeImageRecord(images.slice(0, 1))];
    await storage.insert(first);
    await storage.insert(second);
    assert.deepEqual(await findIn(folder, [...shared!, ...alone!]), [...shared!, ...alone!]);

    const signal = AbortSignal.timeout(10_000);
    await storage.delete('home', first.id);
    while ((await findIn(folder, alone!)).length > 0) await sleep(20, undefined, { signal });
    assert.deepEqual(await findIn(folder, shared!), shared);
    await assertKept(storage, second);
    await storage.delete('home', second.id);
    while ((await findIn(folder, shared!)).length > 0) await sleep(20, undefined, { signal });
  });

  it('is in no file of a store that is closed at once', async (t) => {
    const folder = await makeFolder(t);
    const storage = await openSqliteStorage(join(folder, 'colloquy.db'));
    t.after(() => storage.close());
    const canary = makeRecord(makeChat(CANARIES[0], CANARIES[1]));
    await storage.insert(canary);
    await storage.insert(makeRecord());
    assert.deepEqual(await listIds(storage, { q: CANARIES[0]! }), [canary.id]);
    const sought = CANARIES.slice(0, 2).map((word) => Buffer.from(word.slice(3)));
    assert.deepEqual(await findIn(folder, sought), sought);
    await storage.delete('home', canary.id);
    await storage.close();
    assert.deepEqual(await findIn(folder, sought), []);
  });

  it('is in no index of words either, however many are deleted just before that', async (t) => {
    const path = join(await makeFolder(t), 'colloquy.db');
    const storage = await openSqliteStorage(path);
    t.after(() => storage.close());
    // Words that no two have in common are forgotten one by one: this takes longer than a closing store waits for others.
    const records = Array.from({ length: 300 }, (_, seed) => makeRecord(makeChat(babble(seed), 'yes')));
    await Promise.all(records.map((record) => storage.insert(record)));
    assert.equal((await listIds(storage, { q: 'yes', limit: 100 })).length, 100);
    await Promise.all(records.map(({ id }) => storage.delete('home', id)));
    await storage.close();
    const db = new DatabaseSync(path, { readOnly: true });
    t.after(() => db.close());
    assert.deepEqual({ ...db.prepare('SELECT count(*) AS count FROM forgotten').get() }, { count: 0 });
  });

  it('is in no file, though it was noted while it was under way', async (t) => {
    const folder = await makeFolder(t);
    const storage = await openSqliteStorage(join(folder, 'colloquy.db'));
    t.after(() => storage.close());
    // None of it can be compressed, and some is too long for a page.
    const parts = [20, 400, 30_000].map((length) => randomBytes(length));
    const record = makeRecord();
    const place = { project: 'home', id: record.id, upstream: 'local', firstByteMs: null, totalMs: 1 };
    const notes = parts.map((bytes, number) => ({ ...place, number, bytes }));
    await storage.note({ noter: { name: 'one', beat: 1 }, notes, dropped: [] });
    const sought = parts.map((bytes) => bytes.subarray(5, 18));
    assert.deepEqual(await findIn(folder, sought), sought);
    await storage.insert(record);
    await storage.delete('home', record.id);
    const signal = AbortSignal.timeout(10_000);
    while ((await findIn(folder, sought)).length > 0) await sleep(20, undefined, { signal });
  });

  it('is erased once nobody reads it any longer', async (t) => {
    const folder = await makeFolder(t);
    const path = join(folder, 'colloquy.db');
    const storage = await openSqliteStorage(path, { lockTimeoutMs: 10 });
    t.after(() => storage.close());
    const canary = makeRecord({ requestId: CANARIES[0]! });
    await storage.insert(canary);
    const reader = new DatabaseSync(path, { readOnly: true });
    t.after(() => reader.close());
    reader.exec('BEGIN; SELECT count(*) FROM completions');
    await storage.delete('home', canary.id);
    // Long enough to be tried several times.
    await sleep(300);
    const sought = [Buffer.from(CANARIES[0]!)];
    assert.deepEqual(await findIn(folder, sought), sought);
    await storage.insert(makeRecord());
    reader.exec('COMMIT');
    const signal = AbortSignal.timeout(10_000);
    while ((await findIn(folder, sought)).length > 0) await sleep(20, undefined, { signal });
  });

  it('holds up nobody who writes, though somebody reads for long', async (t) => {
    const path = join(await makeFolder(t), 'colloquy.db');
    // Whoever waited for that reader would wait for longer than a test may take.
    const storage = await openSqliteStorage(path, { lockTimeoutMs: 600_000 });
    const canary = makeRecord();
    await storage.insert(canary);
    const reader = new DatabaseSync(path, { readOnly: true });
    // The store closes only after its reader.
    t.after(async () => {
      if (reader.isOpen) reader.close();
      await storage.close();
    });
    reader.exec('BEGIN; SELECT count(*) FROM completions');
    // Starts the thread that empties the log.
    await listIds(storage, { q: 'sea' });
    await storage.delete('home', canary.id);
    // Long enough to be at it.
    await sleep(100);
    for (let count = 0; count < 10; count++) await storage.insert(makeRecord());
    assert.equal(reader.prepare('SELECT count(*) AS count FROM completions').get()?.['count'], 1);
  });
});
