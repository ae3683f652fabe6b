// Damage as it is found: in texts, in what lists walk, and in what cannot be read at all.

import assert from 'node:assert/strict';
import { it } from 'node:test';

import type { Damage } from '../../../src/storage/damage.ts';
import { openPostgresStorage } from '../../../src/storage/postgres/storage.ts';
import { verifyDatabase } from '../../../src/storage/postgres/verify.ts';
import { StorageError } from '../../../src/storage/storage.ts';
import { makeDamagedImages, makeMiscountedImages } from '../make-attachments.ts';
import { makeRecord } from '../make-record.ts';
import { assertKept } from '../test-records.ts';
import { describeOnDatabase, run } from './stores.ts';

async function verify(url: string): Promise<{ count: number; damages: Damage[] }> {
  const damages: Damage[] = [];
  const count = await verifyDatabase(url, (damage) => damages.push(damage));
  return { count, damages };
}

await describeOnDatabase('verifying a database', (database) => {
  /** A store with some records, the last of which has a name that no column can hold as it is. */
  async function makeStore(): Promise<{ url: string; ids: string[] }> {
    const url = await database.makeSchema();
    const storage = await openPostgresStorage(url);
    const records = [
      ...Array.from({ length: 250 }, (_, index) => makeRecord({ metadata: { topic: `topic-${index}` } })),
      makeRecord({ project: 'a\0b', model: '\ud800', metadata: { '\0': 'x'.repeat(600) } }),
    ];
    await Promise.all(records.map((record) => storage.insert(record)));
    await storage.close();
    return { url, ids: records.map(({ id }) => id) };
  }

  it('finds nothing where nothing is damaged', async () => {
    const { url } = await makeStore();
    assert.deepEqual(await verify(url), { count: 251, damages: [] });
  });

  it('names each record whose texts or metadata are not what was kept', async () => {
    const { url, ids } = await makeStore();
    await run(
      url,
      `UPDATE completions SET request = set_byte(request, 0, get_byte(request, 0) # 1) WHERE id = '${ids[0]}';
       UPDATE completions SET response = response || ' ' WHERE id = '${ids[1]}';
       UPDATE completions SET metadata = '[' WHERE id = '${ids[2]}'`,
    );
    assert.deepEqual(await verify(url), {
      count: 251,
      damages: [
        { project: 'home', id: ids[0], reason: 'its request is damaged' },
        { project: 'home', id: ids[1], reason: 'its response is damaged' },
        { project: 'home', id: ids[2], reason: 'its metadata is damaged' },
      ],
    });
  });

  it('names each record whose attachments are damaged or missing', async () => {
    const url = await database.makeSchema();
    const storage = await openPostgresStorage(url);
    const { hashes, records, damages } = makeDamagedImages();
    const ids = records.map(({ id }) => id);
    for (const record of records) await storage.insert(record);
    assert.deepEqual(await verify(url), { count: 5, damages: [] });
    await run(
      url,
      `UPDATE attachments SET bytes = set_byte(bytes, 1000, get_byte(bytes, 1000) # 1) WHERE sha256 = '\\x${hashes[0]}';
       DELETE FROM attachments WHERE sha256 = '\\x${hashes[1]}';
       UPDATE completions SET request_attachments = set_byte(request_attachments, 35, 1) WHERE id = '${ids[4]}'`,
    );
    assert.deepEqual(await verify(url), { count: 5, damages });
    await assertKept(storage, records[2]!);
    await assert.rejects(storage.getRequest('home', ids[1]!), {
      name: 'StorageError',
      message: `${ids[1]} lacks an attachment, as \`colloquy verify\` tells as well`,
    });
    for (const id of ids) assert.equal(await storage.delete('home', id), true);
    await storage.close();
  });

  it('names each attachment that is counted wrong, less or more often than it is used', async () => {
    const url = await database.makeSchema();
    const storage = await openPostgresStorage(url);
    const { records, sql, damages: expected } = makeMiscountedImages((hash) => `'\\x${hash}'`);
    for (const record of records) await storage.insert(record);
    await storage.close();
    assert.deepEqual(await verify(url), { count: 5, damages: [] });
    await run(url, sql);
    const { count, damages } = await verify(url);
    assert.equal(count, 5);
    // The request that lost its image is named as well.
    assert.deepEqual(new Set(damages.filter(({ id }) => id === undefined)), new Set(expected));
  });

  it('sees that labels and lists do not agree', async () => {
    const { url, ids } = await makeStore();
    await run(
      url,
      `DELETE FROM filters WHERE id = '${ids[3]}' AND name = 'metadata.topic';
       UPDATE filters SET value = value || '!' WHERE id = '${ids[250]}' AND name = 'model';
       DELETE FROM completions WHERE id = '${ids[4]}'`,
    );
    const { count, damages } = await verify(url);
    assert.equal(count, 250);
    const byModel = { project: 'a\0b', id: ids[250], reason: 'lists by model do not find it' };
    assert.deepEqual(damages, [
      byModel,
      byModel,
      { project: 'home', id: ids[3], reason: 'lists by metadata.topic do not find it' },
      // Two of the first, and all four of the one that is gone.
      { reason: 'lists find completions by 6 labels that they have not' },
    ]);
  });

  it('goes on behind a record that cannot be read', async () => {
    const { url, ids } = await makeStore();
    // Too long for its row, and then taken away from beside it.
    await run(
      url,
      `ALTER TABLE completions ALTER COLUMN response SET STORAGE EXTERNAL;
       UPDATE completions SET response = decode(repeat('00', 100000), 'hex') WHERE id = '${ids[5]}'`,
    );
    const [beside] = await run(
      url,
      `SELECT oid, oid::regclass::text AS name FROM pg_class
       WHERE oid = (SELECT reltoastrelid FROM pg_class WHERE oid = 'completions'::regclass)`,
    );
    // Only what passes for a table can be emptied. What is deleted could be read until it is vacuumed.
    for (const [kind, sql] of [
      ['r', `SET allow_system_table_mods = on; TRUNCATE ${String(beside?.['name'])}`],
      ['t', ''],
    ] as const) {
      await run(
        url,
        `SET allow_system_table_mods = on; UPDATE pg_class SET relkind = '${kind}' WHERE oid = ${String(beside?.['oid'])}`,
      );
      await run(url, sql);
    }
    const { count, damages } = await verify(url);
    assert.equal(count, 251);
    assert.equal(damages.length, 1);
    assert.equal(damages[0]?.id, ids[5]);
    assert.match(damages[0]?.reason ?? '', /^it cannot be read: \w+ chunk/);
    // What is damaged can still be deleted.
    const storage = await openPostgresStorage(url);
    assert.equal(await storage.delete('home', ids[5]!), true);
    await storage.close();
  });

  it('needs our tables, of this release', async () => {
    const url = await database.makeSchema();
    await assert.rejects(verify(url), (error) => {
      assert.ok(error instanceof StorageError);
      assert.match(error.message, /: it has no tables of Colloquy$/);
      return true;
    });
    await (await openPostgresStorage(url)).close();
    await run(url, 'UPDATE colloquy_schema SET version = 1');
    await assert.rejects(verify(url), /: an earlier release made it: start this one with it once$/);
  });
});
