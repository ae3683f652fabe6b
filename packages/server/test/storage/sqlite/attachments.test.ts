// How attachments lie in the file: once, and no longer than somebody uses them.

import assert from 'node:assert/strict';
import { stat } from 'node:fs/promises';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { describe, it, type TestContext } from 'node:test';

import { openSqliteStorage } from '../../../src/storage/sqlite/storage.ts';
import { makeFolder } from '../../make-folder.ts';
import { makeBytes, makeImageRecord } from '../make-attachments.ts';
import { changeAtOnce, replaceRecovered } from '../test-attachments.ts';

async function makePath(t: TestContext): Promise<string> {
  return join(await makeFolder(t), 'colloquy.db');
}

/** What is kept of each, and how many use it. */
function listAttachments(path: string): Array<Record<string, unknown>> {
  const db = new DatabaseSync(path, { readOnly: true });
  const rows = db
    .prepare(
      `SELECT a.project, length(b.bytes) AS bytes, a.uses
       FROM attachments a FULL JOIN attachment_bytes b ON b.number = a.number ORDER BY a.project, bytes`,
    )
    .all();
  db.close();
  return rows.map((row) => ({ ...row }));
}

describe('attachments in a file', () => {
  it('are kept once for each project, decoded, and counted by completion', async (t) => {
    const path = await makePath(t);
    const storage = await openSqliteStorage(path);
    t.after(() => storage.close());
    const [small, large] = [makeBytes('small', 2000), makeBytes('large', 90_000)];
    for (let turn = 0; turn < 10; turn++) await storage.insert(makeImageRecord([large, large]));
    await storage.insert(makeImageRecord([small, large], { project: 'other' }));
    assert.deepEqual(listAttachments(path), [
      { project: 'home', bytes: 90_000, uses: 10 },
      { project: 'other', bytes: 2000, uses: 1 },
      { project: 'other', bytes: 90_000, uses: 1 },
    ]);
  });

  it('take their space once, not once for each turn of a chat', async (t) => {
    const path = await makePath(t);
    const storage = await openSqliteStorage(path);
    t.after(() => storage.close());
    const image = makeBytes('image', 200_000);
    for (let turn = 0; turn < 10; turn++) {
      await storage.insert(makeImageRecord([image], { text: 'And now? '.repeat(100 * turn) }));
    }
    await storage.close();
    const { size } = await stat(path);
    assert.ok(size < 400_000, `${size} bytes`);
  });

  it('go with the last one that uses them, in whatever order', async (t) => {
    const path = await makePath(t);
    const stores = [await openSqliteStorage(path), await openSqliteStorage(path)];
    t.after(() => Promise.all(stores.map((storage) => storage.close())));
    const left = [...(await changeAtOnce(stores, 5)), ...(await replaceRecovered(stores[0]!))];
    assert.notDeepEqual(listAttachments(path), []);
    await Promise.all(left.map(({ project, id }, index) => stores[index % 2]!.delete(project, id)));
    assert.deepEqual(listAttachments(path), []);
  });
});
