import assert from 'node:assert/strict';
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, it } from 'node:test';

import { openSqliteStorage } from '../../src/storage/sqlite/storage.ts';
import { makeFolder } from '../make-folder.ts';
import { makeRecord } from '../storage/make-record.ts';
import { runColloquy } from './run-colloquy.ts';

describe('colloquy verify', () => {
  it('says that all is well, or what is not, and its exit code says so too', async (t) => {
    const folder = await makeFolder(t);
    const path = join(folder, 'colloquy.db');
    const storage = await openSqliteStorage(path);
    // Too short to be compressed: it is found in the file.
    const record = makeRecord({ request: Buffer.from('{}'), response: Buffer.from('{"whale":1}') });
    await storage.insert(record);
    await storage.close();

    const well = runColloquy(t, ['verify', '--data', folder]);
    assert.equal(await well.ended, 0);
    assert.equal(well.output.stdout, `1 completions read, nothing is damaged: ${path}\n`);

    const file = await readFile(path);
    file.write('shark', file.indexOf('whale'));
    await writeFile(path, file);
    const damaged = runColloquy(t, ['verify'], { COLLOQUY_DATA: folder });
    assert.equal(await damaged.ended, 1);
    assert.equal(
      damaged.output.stdout,
      `${record.id} of project home: its response is damaged\n1 completions read, 1 damages found: ${path}\n`,
    );
  });

  it('needs a store', async (t) => {
    const folder = await makeFolder(t);
    const { ended, output } = runColloquy(t, ['verify', '--data', folder]);
    assert.equal(await ended, 2);
    assert.match(
      output.stderr,
      /^error: --data: the store cannot be read: .*colloquy\.db: unable to open database file\n$/,
    );
  });
});
