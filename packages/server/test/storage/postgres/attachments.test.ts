// How attachments lie in the database: once, and no longer than somebody uses them.

import assert from 'node:assert/strict';
import { it } from 'node:test';

import { openPostgresStorage } from '../../../src/storage/postgres/storage.ts';
import { makeBytes, makeImageRecord } from '../make-attachments.ts';
import { changeAtOnce, replaceRecovered } from '../test-attachments.ts';
import { assertKept } from '../test-records.ts';
import { describeOnDatabase, run } from './stores.ts';

/** What is kept of each, and how many use it. */
async function listAttachments(url: string): Promise<unknown[]> {
  return run(
    url,
    `SELECT project, length(bytes) AS bytes, uses::int AS uses, pg_column_compression(bytes) AS compression
     FROM attachments ORDER BY project, bytes`,
  );
}

await describeOnDatabase('attachments in a database', (database) => {
  it('are kept once for each project, decoded, and counted by completion', async (t) => {
    const url = await database.makeSchema();
    const storage = await openPostgresStorage(url);
    t.after(() => storage.close());
    const [small, large] = [makeBytes('small', 2000), makeBytes('large', 90_000)];
    // Some of them in one group.
    await Promise.all(Array.from({ length: 5 }, () => storage.insert(makeImageRecord([large, large]))));
    for (let turn = 0; turn < 5; turn++) await storage.insert(makeImageRecord([large, large]));
    await storage.insert(makeImageRecord([small, large], { project: 'other' }));
    assert.deepEqual(await listAttachments(url), [
      { project: 'home', bytes: 90_000, uses: 10, compression: null },
      { project: 'other', bytes: 2000, uses: 1, compression: null },
      { project: 'other', bytes: 90_000, uses: 1, compression: null },
    ]);
  });

  it('go with the last one that uses them, whichever servers insert and delete at once', async (t) => {
    const url = await database.makeSchema();
    const stores = await Promise.all([1, 2, 3].map(() => openPostgresStorage(url)));
    t.after(() => Promise.all(stores.map((storage) => storage.close())));
    const left = [...(await changeAtOnce(stores, 10)), ...(await replaceRecovered(stores[0]!))];
    for (const record of left) await assertKept(stores[0]!, record);
    await Promise.all(left.map(({ project, id }, index) => stores[index % 3]!.delete(project, id)));
    assert.deepEqual(await listAttachments(url), []);
    const [row] = await run(url, 'SELECT deadlocks FROM pg_stat_database WHERE datname = current_database()');
    assert.equal(Number(row?.['deadlocks']), 0);
  });
});
