import type { TestContext } from 'node:test';

import type { Storage } from '../../src/storage/storage.ts';
import { makeFolder } from '../make-folder.ts';

/** Opens the store that belongs to a folder, or makes it. */
export type OpenStorage = (folder: string) => Promise<Storage>;

export interface TestStore {
  readonly storage: Storage;
  /** Opens the same store once more. */
  readonly openAgain: () => Promise<Storage>;
}

/** A store of its own for a test, closed and gone after it. */
export async function makeStore(t: TestContext, open: OpenStorage): Promise<TestStore> {
  const opened: Storage[] = [];
  // Whatever went wrong with one, the others must not keep the process alive.
  t.after(() => Promise.allSettled(opened.map((storage) => storage.close())));
  const folder = await makeFolder(t);
  const openAgain = async (): Promise<Storage> => {
    const storage = await open(folder);
    opened.push(storage);
    return storage;
  };
  return { storage: await openAgain(), openAgain };
}
