import assert from 'node:assert/strict';
import { existsSync } from 'node:fs';
import { readFile, readdir, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { describe, it, type TestContext } from 'node:test';

import type { Damage } from '../../../src/storage/damage.ts';
import { backUpFile, restoreFile } from '../../../src/storage/sqlite/backup.ts';
import { applyMigrations } from '../../../src/storage/sqlite/migrate.ts';
import { openSqliteStorage } from '../../../src/storage/sqlite/storage.ts';
import { verifyFile } from '../../../src/storage/sqlite/verify.ts';
import { StorageError, type CompletionRecord, type Storage } from '../../../src/storage/storage.ts';
import { makeFolder } from '../../make-folder.ts';
import { listIds } from '../list-ids.ts';
import { makeBytes, spellRequest } from '../make-attachments.ts';
import { makeChat, makeRecord, toBytes } from '../make-record.ts';
import { assertKept } from '../test-records.ts';

const COUNT = 50;
const IMAGE = makeBytes('whale');

interface Store {
  readonly folder: string;
  readonly path: string;
  readonly storage: Storage;
  readonly records: readonly CompletionRecord[];
}

async function makeStore(t: TestContext): Promise<Store> {
  const folder = await makeFolder(t);
  const path = join(folder, 'colloquy.db');
  const storage = await openSqliteStorage(path);
  t.after(() => storage.close());
  const records = Array.from({ length: COUNT }, (_, index) =>
    makeRecord({
      ...makeChat(`whale ${index}`, 'sea'),
      // The last ones share an image.
      ...(index < COUNT - 2 ? {} : { request: toBytes(spellRequest(`whale ${index}`, IMAGE)) }),
      metadata: { index: String(index) },
    }),
  );
  await Promise.all(records.map((record) => storage.insert(record)));
  return { folder, path, storage, records };
}

/** A store that is closed, and a backup of it. */
async function makeBackup(t: TestContext): Promise<Store & { backup: string }> {
  const store = await makeStore(t);
  await store.storage.close();
  const backup = join(await makeFolder(t), 'backup.db');
  assert.equal(backUpFile(store.path, backup, fail), COUNT);
  return { ...store, backup };
}

/** What is in a response, where it is not compressed. */
async function damage(path: string, text: string): Promise<void> {
  const file = await readFile(path);
  const at = file.indexOf(text);
  assert.notEqual(at, -1);
  file[at]! ^= 1;
  await writeFile(path, file);
}

async function openRestored(t: TestContext, path: string): Promise<Storage> {
  const storage = await openSqliteStorage(path);
  t.after(() => storage.close());
  return storage;
}

/** No file comes or goes, but for those that SQLite keeps beside an open one; and a store there is what it was. */
async function assertRefused(folder: string, refused: () => unknown, reason: RegExp): Promise<void> {
  const read = async (): Promise<unknown> => [
    (await readdir(folder)).filter((name) => !/-(wal|shm)$/.test(name)),
    existsSync(join(folder, 'colloquy.db')) && verifyFile(join(folder, 'colloquy.db'), fail),
  ];
  const before = await read();
  assert.throws(refused, (error) => error instanceof StorageError && reason.test(error.message));
  assert.deepEqual(await read(), before);
}

function fail({ reason }: Damage): never {
  assert.fail(reason);
}

describe('backUpFile', () => {
  it('copies a store that is open to one file, without what was deleted', async (t) => {
    const { folder, path, storage, records } = await makeStore(t);
    const gone = records.slice(5);
    await Promise.all(gone.map(({ id }) => storage.delete('home', id)));
    const backup = join(folder, 'backup.db');
    assert.equal(backUpFile(path, backup, fail), 5);
    await storage.insert(makeRecord());
    await storage.close();
    assert.deepEqual((await readdir(folder)).sort(), ['backup.db', 'colloquy.db']);
    assert.ok((await stat(backup)).size < (await stat(path)).size);

    const copy = await openRestored(t, backup);
    assert.deepEqual(
      await listIds(copy),
      records.slice(0, 5).map(({ id }) => id),
    );
    for (const record of records.slice(0, 5)) await assertKept(copy, record);
    assert.deepEqual(await listIds(copy, { q: '"whale 3"' }), [records[3]!.id]);
  });

  it('takes no file for its own', async (t) => {
    const { folder, path, storage } = await makeStore(t);
    await storage.close();
    await writeFile(join(folder, 'taken'), 'mine');
    await writeFile(join(folder, 'begun.partial'), 'mine');
    const backUp = (name: string) => backUpFile(path, join(folder, name), fail);
    await assertRefused(folder, () => backUp('taken'), /taken exists: give the backup another name/);
    await assertRefused(folder, () => backUp('begun'), /begun\.partial exists/);
    await assertRefused(folder, () => backUp('colloquy.db'), /exists/);
    await assertRefused(folder, () => backUp('missing/backup'), /unable to open/);
  });

  it('needs a store of ours', async (t) => {
    const folder = await makeFolder(t);
    const target = join(folder, 'backup.db');
    const backUp = (name: string) => backUpFile(join(folder, name), target, fail);
    await writeFile(join(folder, 'empty'), '');
    await writeFile(join(folder, 'text'), 'x'.repeat(10_000));
    new DatabaseSync(join(folder, 'foreign')).exec('CREATE TABLE a (b)');
    await assertRefused(folder, () => backUp('missing'), /missing: unable to open/);
    await assertRefused(folder, () => backUp('empty'), /empty: it is empty/);
    await assertRefused(folder, () => backUp('text'), /not a database/);
    await assertRefused(folder, () => backUp('foreign'), /not one of Colloquy/);
  });

  it('copies what is damaged too, and names it', async (t) => {
    const { path, storage, folder, records } = await makeStore(t);
    // So little is not compressed.
    const record = makeRecord({ request: Buffer.from('{}'), response: Buffer.from('{"whale":1}') });
    await storage.insert(record);
    await storage.close();
    await damage(path, '{"whale":1}');
    const damages: Damage[] = [];
    const backup = join(folder, 'backup.db');
    assert.equal(
      backUpFile(path, backup, (found) => damages.push(found)),
      COUNT + 1,
    );
    assert.deepEqual(damages, [{ project: 'home', id: record.id, reason: 'its response is damaged' }]);
    await assertKept(await openRestored(t, backup), records[0]!);
  });

  it('copies a store of an earlier release as it is', async (t) => {
    const folder = await makeFolder(t);
    const db = new DatabaseSync(join(folder, 'old.db'));
    applyMigrations(db, 0, 3);
    db.exec('PRAGMA application_id = 0x436c7179; PRAGMA user_version = 3');
    db.close();
    const backup = join(folder, 'backup.db');
    assert.equal(backUpFile(join(folder, 'old.db'), backup, fail), undefined);
    const copy = new DatabaseSync(backup, { readOnly: true });
    t.after(() => copy.close());
    assert.equal(copy.prepare('PRAGMA user_version').get()?.['user_version'], 3);
  });
});

describe('restoreFile', () => {
  it('makes a store of a backup, which stays', async (t) => {
    const { backup, records } = await makeBackup(t);
    const path = join(await makeFolder(t), 'colloquy.db');
    const before = await readFile(backup);
    const options = { replace: false, onDamage: fail };
    assert.deepEqual(restoreFile(backup, path, options), { count: COUNT, aside: undefined });
    assert.deepEqual(await readFile(backup), before);
    assert.deepEqual(await readdir(join(path, '..')), ['colloquy.db']);
    const storage = await openRestored(t, path);
    for (const record of records) await assertKept(storage, record);
    assert.deepEqual(await listIds(storage, { metadata: { index: '7' } }), [records[7]!.id]);
    await storage.insert(makeRecord());
  });

  it('puts a store aside only when it is told to, and loses nothing of it', async (t) => {
    const { folder, path, backup, records } = await makeBackup(t);
    const storage = await openSqliteStorage(path);
    const late = makeRecord();
    await storage.insert(late);
    await storage.close();
    const restore = (replace: boolean) => restoreFile(backup, path, { replace, onDamage: fail });
    await assertRefused(folder, () => restore(false), /exists: --force puts it aside/);

    const { aside } = restore(true);
    assert.ok(aside);
    assert.deepEqual((await readdir(folder)).map((name) => join(folder, name)).sort(), [path, aside].sort());
    const [restored, old] = [await openRestored(t, path), await openRestored(t, aside)];
    assert.equal(await restored.get('home', late.id), undefined);
    await assertKept(restored, records[0]!);
    await assertKept(old, late);
  });

  it('refuses while somebody has the store open, and everything there stays', async (t) => {
    const { path, storage, records } = await makeStore(t);
    const backup = join(await makeFolder(t), 'backup.db');
    backUpFile(path, backup, fail);
    assert.throws(
      () => restoreFile(backup, path, { replace: true, onDamage: fail }),
      /colloquy\.db is open: stop the server that uses it first/,
    );
    await storage.insert(makeRecord());
    await assertKept(storage, records[0]!);
    assert.equal((await listIds(storage)).length, COUNT + 1);
  });

  it('takes the place of a store that cannot be read any more, with what lies beside it', async (t) => {
    const { folder, path, backup, records } = await makeBackup(t);
    await writeFile(path, 'x'.repeat(10_000));
    await writeFile(`${path}-shm`, 'y');
    const { aside } = restoreFile(backup, path, { replace: true, onDamage: fail });
    assert.equal((await readFile(aside!, 'utf8')).length, 10_000);
    assert.equal(await readFile(`${aside}-shm`, 'utf8'), 'y');
    assert.ok(!(await readdir(folder)).includes('colloquy.db-shm'));
    await assertKept(await openRestored(t, path), records[0]!);
  });

  it('takes nothing that is damaged, foreign, newer or not there', async (t) => {
    const { folder, path, backup, storage } = await makeBackup(t);
    await storage.close();
    const others = await makeFolder(t);
    const restore = (name: string) =>
      restoreFile(join(others, name), path, { replace: true, onDamage: (found) => damages.push(found) });
    const damages: Damage[] = [];

    const again = await openSqliteStorage(backup);
    await again.insert(makeRecord({ request: Buffer.from('{"whale":1}'), response: Buffer.from('{}') }));
    await again.close();
    await writeFile(join(others, 'damaged'), await readFile(backup));
    await damage(join(others, 'damaged'), '{"whale":1}');
    await assertRefused(folder, () => restore('damaged'), /damaged: 1 damages found/);
    assert.equal(damages[0]?.reason, 'its request is damaged');

    await writeFile(join(others, 'text'), 'x'.repeat(10_000));
    new DatabaseSync(join(others, 'foreign')).exec('CREATE TABLE a (b)');
    await writeFile(join(others, 'newer'), await readFile(backup));
    new DatabaseSync(join(others, 'newer')).exec('PRAGMA user_version = 999');
    await assertRefused(folder, () => restore('text'), /not a database/);
    await assertRefused(folder, () => restore('foreign'), /not one of Colloquy/);
    await assertRefused(folder, () => restore('newer'), /it has schema 999/);
    await assertRefused(folder, () => restore('missing'), /unable to open/);
  });

  it('brings the backup of an earlier release to this one', async (t) => {
    const folder = await makeFolder(t);
    const old = new DatabaseSync(join(folder, 'old.db'));
    applyMigrations(old, 0, 2);
    old.exec('PRAGMA application_id = 0x436c7179; PRAGMA user_version = 2');
    old.close();
    const path = join(folder, 'colloquy.db');
    restoreFile(join(folder, 'old.db'), path, { replace: false, onDamage: fail });
    assert.equal(verifyFile(path, fail), 0);
    const before = new DatabaseSync(join(folder, 'old.db'), { readOnly: true });
    t.after(() => before.close());
    assert.equal(before.prepare('PRAGMA user_version').get()?.['user_version'], 2);
  });
});
