import assert from 'node:assert/strict';
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { describe, it, type TestContext } from 'node:test';

import type { Damage } from '../../../src/storage/damage.ts';
import { openSqliteStorage } from '../../../src/storage/sqlite/storage.ts';
import { verifyFile } from '../../../src/storage/sqlite/verify.ts';
import { StorageError, type CompletionRecord } from '../../../src/storage/storage.ts';
import { makeFolder } from '../../make-folder.ts';
import { makeDamagedImages, makeMiscountedImages } from '../make-attachments.ts';
import { makeChat, makeRecord } from '../make-record.ts';
import { assertKept } from '../test-records.ts';

const COUNT = 40;
/** Its texts are short, and kept as one. */
const SHORT = 7;

async function makeStore(t: TestContext): Promise<{ path: string; records: CompletionRecord[] }> {
  const path = join(await makeFolder(t), 'colloquy.db');
  const storage = await openSqliteStorage(path);
  const records = Array.from({ length: COUNT }, (_, index) => {
    const text = Array.from({ length: index === SHORT ? 400 : 2000 }, (__, word) =>
      ((index + 1) * (word + 7) * 7919).toString(36),
    ).join(' ');
    return makeRecord({ ...makeChat(text, text), project: index % 2 === 0 ? 'home' : 'other' });
  });
  for (const record of records) await storage.insert(record);
  await storage.close();
  return { path, records };
}

/** Flips a bit in the middle of a text as it lies in the file. */
async function flipBit(path: string, id: string, column: 'request' | 'response'): Promise<void> {
  const db = new DatabaseSync(path, { readOnly: true });
  const text = Buffer.from(
    db.prepare(`SELECT ${column} FROM completions WHERE id = ?`).get(id)?.[column] as Uint8Array,
  );
  db.close();
  const file = await readFile(path);
  const at = file.indexOf(text.subarray(200, 240));
  assert.notEqual(at, -1);
  file[at + 20]! ^= 1;
  await writeFile(path, file);
}

function verify(path: string): { count: number; damages: Damage[] } {
  const damages: Damage[] = [];
  return { count: verifyFile(path, (damage) => damages.push(damage)), damages };
}

describe('verifyFile', () => {
  it('finds nothing in a store that is well, also while it is open', async (t) => {
    const { path } = await makeStore(t);
    assert.deepEqual(verify(path), { count: COUNT, damages: [] });
    const storage = await openSqliteStorage(path);
    t.after(() => storage.close());
    await storage.insert(makeRecord());
    assert.deepEqual(verify(path), { count: COUNT + 1, damages: [] });
  });

  it('names each record in which a single bit is another, and the rest stays readable', async (t) => {
    const { path, records } = await makeStore(t);
    const damaged = [records[3]!, records[16]!, records[39]!, records[SHORT]!];
    const columns = ['request', 'response', 'request', 'response'] as const;
    for (const [index, { id }] of damaged.entries()) await flipBit(path, id, columns[index]!);
    const { count, damages } = verify(path);
    assert.equal(count, COUNT);
    assert.equal(damages.length, damaged.length);
    for (const [index, { project, id }] of damaged.entries()) {
      const damage = damages.find((each) => each.id === id);
      assert.equal(damage?.project, project);
      // One bit of what is kept as one may damage either.
      const parts = id === records[SHORT]!.id ? '(request|response)' : columns[index];
      assert.match(damage.reason, new RegExp(`^its ${parts} is damaged$`));
    }

    const storage = await openSqliteStorage(path);
    t.after(() => storage.close());
    for (const record of records) if (!damaged.includes(record)) await assertKept(storage, record);
    // What is damaged can still be deleted.
    for (const { project, id } of damaged) assert.equal(await storage.delete(project, id), true);
    assert.deepEqual(verify(path), { count: COUNT - damaged.length, damages: [] });
  });

  it('names each record whose attachments are damaged or missing', async (t) => {
    const path = join(await makeFolder(t), 'colloquy.db');
    const storage = await openSqliteStorage(path);
    const { images, hashes, records, damages: expected } = makeDamagedImages();
    for (const record of records) await storage.insert(record);
    await storage.close();
    assert.deepEqual(verify(path), { count: 5, damages: [] });

    const file = await readFile(path);
    file[file.indexOf(images[0].subarray(1000, 1040)) + 20]! ^= 1;
    await writeFile(path, file);
    const db = new DatabaseSync(path);
    db.prepare(
      'DELETE FROM attachment_bytes WHERE number = (SELECT number FROM attachments WHERE sha256 = ?)',
    ).run(Buffer.from(hashes[1], 'hex'));
    // Where its image belongs: behind the hash of the rest.
    db.prepare(
      `UPDATE completions SET request_attachments =
         CAST(substr(request_attachments, 1, 35) || x'01' || substr(request_attachments, 37) AS BLOB) WHERE id = ?`,
    ).run(records[4]!.id);
    db.close();
    const { count, damages } = verify(path);
    assert.equal(count, 5);
    assert.deepEqual(new Set(damages), new Set(expected));

    const opened = await openSqliteStorage(path);
    t.after(() => opened.close());
    await assertKept(opened, records[2]!);
    await assert.rejects(opened.getRequest('home', records[1]!.id), {
      name: 'StorageError',
      message: `${records[1]!.id} lacks an attachment, as \`colloquy verify\` tells as well`,
    });
    for (const { id } of records) assert.equal(await opened.delete('home', id), true);
  });

  it('names each attachment that is counted wrong, less or more often than it is used', async (t) => {
    const path = join(await makeFolder(t), 'colloquy.db');
    const storage = await openSqliteStorage(path);
    const { records, sql, damages: expected } = makeMiscountedImages((hash) => `x'${hash}'`);
    for (const record of records) await storage.insert(record);
    assert.deepEqual(verify(path), { count: 5, damages: [] });
    await storage.close();
    const db = new DatabaseSync(path);
    db.exec(sql);
    db.close();
    const { count, damages } = verify(path);
    assert.equal(count, 5);
    // The request that lost its image is named as well.
    assert.deepEqual(new Set(damages.filter(({ id }) => id === undefined)), new Set(expected));
  });

  it('sees that labels and lists do not agree', async (t) => {
    const { path, records } = await makeStore(t);
    const [unlisted, relabelled, gone] = [records[3]!, records[16]!, records[20]!];
    const db = new DatabaseSync(path);
    const seq = '(SELECT seq FROM completions WHERE id = ?)';
    db.prepare(`DELETE FROM filters WHERE seq = ${seq}`).run(unlisted.id);
    db.prepare('UPDATE completions SET metadata = ? WHERE id = ?').run('[["topic","sea"]]', relabelled.id);
    db.prepare('DELETE FROM completions WHERE id = ?').run(gone.id);
    db.close();
    const { count, damages } = verify(path);
    assert.equal(count, COUNT - 1);
    const [first, second] = ['lists by everything do not find it', 'lists by metadata.topic do not find it'];
    assert.deepEqual(
      new Set(damages),
      new Set([
        { project: unlisted.project, id: unlisted.id, reason: first },
        { project: relabelled.project, id: relabelled.id, reason: second },
        // All, and its two models.
        { reason: 'lists look for completions by 3 labels that none has' },
      ]),
    );
  });

  it('says what it cannot read where pages are damaged', async (t) => {
    const { path } = await makeStore(t);
    const file = await readFile(path);
    // Behind the schema, and short of the last pages.
    file.fill(0x5a, 8192 * 3, 8192 * 6);
    await writeFile(path, file);
    assert.notEqual(verify(path).damages.length, 0);
  });

  it('refuses what is no store of this release', async (t) => {
    const folder = await makeFolder(t);
    const path = join(folder, 'colloquy.db');
    assert.throws(() => verify(path), StorageError);
    await writeFile(path, 'no database');
    assert.throws(() => verify(path), { name: 'StorageError', message: `${path}: file is not a database` });
    const { path: older } = await makeStore(t);
    const db = new DatabaseSync(older);
    db.exec('PRAGMA user_version = 1');
    db.close();
    assert.throws(() => verify(older), /an earlier release made it/);
  });
});
