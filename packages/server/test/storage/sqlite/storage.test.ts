import { join } from 'node:path';

import { openSqliteStorage } from '../../../src/storage/sqlite/storage.ts';
import { testStorage } from '../test-storage.ts';

testStorage('SQLite', (folder) => openSqliteStorage(join(folder, 'colloquy.db')));
