import { openPostgresStorage } from '../../../src/storage/postgres/storage.ts';
import { testStorage } from '../test-storage.ts';
import { describeOnDatabase } from './stores.ts';

await describeOnDatabase('on a server', (database) => {
  const schemas = new Map<string, Promise<string>>();
  testStorage('PostgreSQL', async (folder) => {
    const url = schemas.get(folder) ?? database.makeSchema();
    schemas.set(folder, url);
    return openPostgresStorage(await url);
  });
});
