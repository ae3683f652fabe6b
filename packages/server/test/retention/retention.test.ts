import assert from 'node:assert/strict';
import { join } from 'node:path';
import { describe, it } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';

import { parseRetain } from '../../src/config/retain.ts';
import { openPostgresStorage } from '../../src/storage/postgres/storage.ts';
import { openSqliteStorage } from '../../src/storage/sqlite/storage.ts';
import { makeFolder } from '../make-folder.ts';
import { startServer } from '../start-server.ts';
import { makeIdOf, makeRecord } from '../storage/make-record.ts';
import { describeOnDatabase } from '../storage/postgres/stores.ts';
import { testRetention } from './test-retention.ts';

describe('on SQLite', () => testRetention((folder) => openSqliteStorage(join(folder, 'colloquy.db'))));

await describeOnDatabase('on PostgreSQL', (database) =>
  testRetention(async () => openPostgresStorage(await database.makeSchema())),
);

describe('a server that retains', () => {
  it('begins when it listens, and ends with it', async (t) => {
    const dataDir = await makeFolder(t);
    const storage = await openSqliteStorage(join(dataDir, 'colloquy.db'));
    t.after(() => storage.close());
    const old = makeRecord({ id: makeIdOf(Date.now() - 7_200_000) });
    const young = makeRecord();
    await storage.insert(old);
    await storage.insert(young);
    const { app } = await startServer(t, { dataDir, retain: parseRetain('1h') });
    const signal = AbortSignal.timeout(10_000);
    while ((await storage.get('home', old.id)) !== undefined) await sleep(5, undefined, { signal });
    assert.notEqual(await storage.get('home', young.id), undefined);
    await app.close();
  });
});
