import assert from 'node:assert/strict';
import { it } from 'node:test';

import { openPostgresStorage } from '../../src/storage/postgres/storage.ts';
import { makeRecord } from '../storage/make-record.ts';
import { describeOnDatabase, run } from '../storage/postgres/stores.ts';
import { runColloquy } from './run-colloquy.ts';

await describeOnDatabase('colloquy verify with a database', (database) => {
  it('reports as it does for a file', async (t) => {
    const url = new URL(await database.makeSchema());
    const storage = await openPostgresStorage(url.href);
    const record = makeRecord();
    await storage.insert(record);
    await storage.close();
    // Not asked for, and not to be told.
    url.password = 'open-sesame';
    const name = `postgres://postgres@${url.host}${url.pathname}`;

    const well = runColloquy(t, ['verify', '--store-url', url.href]);
    assert.equal(await well.ended, 0, well.output.stderr);
    assert.equal(well.output.stdout, `1 completions read, nothing is damaged: ${name}\n`);

    await run(url.href, `UPDATE completions SET response = response || '.'`);
    const damaged = runColloquy(t, ['verify'], { COLLOQUY_STORE_URL: url.href });
    assert.equal(await damaged.ended, 1);
    assert.equal(
      damaged.output.stdout,
      `${record.id} of project home: its response is damaged\n1 completions read, 1 damages found: ${name}\n`,
    );

    url.pathname = '/missing';
    const missing = runColloquy(t, ['verify', '--store-url', url.href]);
    assert.equal(await missing.ended, 2);
    assert.match(
      missing.output.stderr,
      /^error: --store-url: the store cannot be read: postgres:\/\/postgres@.*: database "missing" does not exist\n$/,
    );
  });
});
