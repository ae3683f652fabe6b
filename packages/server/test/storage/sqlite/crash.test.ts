// Acknowledged is durable, also where the disk has no space left. For processes that are killed: test/faults/store.

import assert from 'node:assert/strict';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { describe, it } from 'node:test';

import { openSqliteStorage } from '../../../src/storage/sqlite/storage.ts';
import { makeFolder } from '../../make-folder.ts';
import { listIds } from '../list-ids.ts';
import { makeRecord } from '../make-record.ts';
import { INSERT_UNTIL_KILLED, readLines, start } from '../run-process.ts';

/** Reads the store as its next owner does; also the database must be sound. */
async function readStore(path: string): Promise<string[]> {
  const storage = await openSqliteStorage(path);
  const ids = await listIds(storage, { limit: 100_000 });
  assert.deepEqual(await listIds(storage, { limit: 100_000, metadata: { topic: 'sea' } }), ids);
  await storage.close();
  const db = new DatabaseSync(path, { readOnly: true });
  const check = db.prepare('PRAGMA integrity_check').get()?.['integrity_check'];
  db.close();
  assert.equal(check, 'ok');
  return ids;
}

describe('a disk that is full', { skip: process.platform === 'win32' }, () => {
  it('costs no record that is kept, and the store says that it takes no more', async (t) => {
    const path = join(await makeFolder(t), 'colloquy.db');
    // No file may grow beyond a few hundred blocks: writing then fails as on a full disk.
    const child = start(t, ['sh', '-c', 'ulimit -f 2000 && exec "$@"', 'sh', ...INSERT_UNTIL_KILLED, path]);
    const lines = await readLines(child);
    assert.equal(child.exitCode, 0);
    assert.equal(lines.pop(), 'StorageError, available: false, readable: true');
    assert.ok(lines.length > 0);
    // Nothing that was refused is there, and nothing that was acknowledged is missing.
    assert.deepEqual(await readStore(path), lines.toSorted());
    const storage = await openSqliteStorage(path);
    await storage.insert(makeRecord());
    await storage.close();
  });
});
