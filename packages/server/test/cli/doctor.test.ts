import assert from 'node:assert/strict';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { describe, it } from 'node:test';

import { openPostgresStorage } from '../../src/storage/postgres/storage.ts';
import { openSqliteStorage } from '../../src/storage/sqlite/storage.ts';
import { makeFolder } from '../make-folder.ts';
import { describeOnDatabase, run } from '../storage/postgres/stores.ts';
import { runColloquy } from './run-colloquy.ts';

describe('colloquy doctor', () => {
  it('looks at a file, and says by which indexes its lists are found', async (t) => {
    const folder = await makeFolder(t);
    const path = join(folder, 'colloquy.db');
    await (await openSqliteStorage(path)).close();
    const well = runColloquy(t, ['doctor', '--data', folder]);
    assert.equal(await well.ended, 0, well.output.stderr);
    assert.match(well.output.stdout, /^ok {4}journal_mode = wal$/m);
    assert.match(well.output.stdout, /^ok {4}schema \d+, the newest$/m);
    assert.match(well.output.stdout, /^ok {4}listChatCompletions: by two labels: SEARCH /m);
    assert.match(well.output.stdout, /\nNothing would break a promise\.\n$/);

    // As if a newer release had made it.
    const db = new DatabaseSync(path);
    db.exec('PRAGMA user_version = 999');
    db.close();
    const newer = runColloquy(t, ['doctor', '--data', folder]);
    assert.equal(await newer.ended, 2);
    assert.match(newer.output.stderr, /^error: --data: the store cannot be examined: .* it has schema 999/);
  });

  it('needs a store', async (t) => {
    const { ended, output } = runColloquy(t, ['doctor', '--data', await makeFolder(t)]);
    assert.equal(await ended, 2);
    assert.match(
      output.stderr,
      /^error: --data: the store cannot be examined: .*: unable to open database file\n$/,
    );
  });
});

await describeOnDatabase('colloquy doctor with a database', (database) => {
  it('says so, and fails, where a promise would be broken', async (t) => {
    const url = new URL(await database.makeSchema());
    await (await openPostgresStorage(url.href)).close();
    await run(url.href, 'ALTER TABLE completions DROP CONSTRAINT completions_pkey CASCADE');
    // Not asked for, and not to be told.
    url.password = 'open-sesame';
    const { ended, output } = runColloquy(t, ['doctor', '--store-url', url.href]);
    assert.equal(await ended, 1, output.stderr);
    assert.match(
      output.stdout,
      /^FAULT getChatCompletion: find reads all of completions: an index is missing/m,
    );
    assert.match(output.stdout, /\nFaults that would break a promise: \d+\n$/);
    assert.doesNotMatch(output.stdout + output.stderr, /open-sesame/);

    url.pathname = '/missing';
    const missing = runColloquy(t, ['doctor'], { COLLOQUY_STORE_URL: url.href });
    assert.equal(await missing.ended, 2);
    assert.match(
      missing.output.stderr,
      /--store-url: the store cannot be examined: .* database "missing" does not exist/,
    );
    assert.doesNotMatch(missing.output.stderr, /open-sesame/);
  });
});
