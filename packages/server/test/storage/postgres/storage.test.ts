import { openPostgresStorage } from '../../../src/storage/postgres/storage.ts';
import { testStorage } from '../test-storage.ts';
import { describeOnDatabase } from './stores.ts';

await describeOnDatabase('on a server', (database) => {
  const schemas = new Map<string, Promise<string>>();
  const open = async (folder: string) => {
    const url = schemas.get(folder) ?? database.makeSchema();
    schemas.set(folder, url);
    return openPostgresStorage(await url);
  };
  testStorage('PostgreSQL', open, false);
});
