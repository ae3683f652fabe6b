import assert from 'node:assert/strict';
import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, it } from 'node:test';

import { openSqliteStorage } from '../../../src/storage/sqlite/storage.ts';
import { makeFolder } from '../../make-folder.ts';
import { makeRecord } from '../make-record.ts';
import { testStorage } from '../test-storage.ts';

testStorage('SQLite', (folder) => openSqliteStorage(join(folder, 'colloquy.db')));

describe('a file that is closed', () => {
  it('has no log beside it', async (t) => {
    // Its threads close at about the same time, and only by chance in the order that leaves one.
    for (let time = 0; time < 20; time++) {
      const folder = await makeFolder(t);
      const storage = await openSqliteStorage(join(folder, 'colloquy.db'));
      await storage.list('home', { status: 'completed', limit: 1, order: 'desc', q: 'whale' });
      await storage.insert(makeRecord());
      await storage.close();
      assert.deepEqual(await readdir(folder), ['colloquy.db']);
    }
  });
});
