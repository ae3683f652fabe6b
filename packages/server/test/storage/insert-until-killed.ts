// Inserts records into the store that is its argument, a path or the URL of a database, several at a time, and prints the
// id of each once it is kept. Runs until it is killed, or until the store takes no more: then it says so and ends.

import { openPostgresStorage } from '../../src/storage/postgres/storage.ts';
import { openSqliteStorage } from '../../src/storage/sqlite/storage.ts';
import { makeRecord } from './make-record.ts';

const AT_ONCE = 8;

const place = process.argv[2] ?? '';
const storage = await (place.startsWith('postgres:') ? openPostgresStorage : openSqliteStorage)(place);

async function insertForever(): Promise<never> {
  for (;;) {
    const record = makeRecord({ metadata: { topic: 'sea' }, response: Buffer.alloc(20_000, 'answer ') });
    await storage.insert(record);
    process.stdout.write(`${record.id}\n`);
  }
}

try {
  await Promise.all(Array.from({ length: AT_ONCE }, insertForever));
} catch (error) {
  // At once: it tries again before long, and a small record may find the space that a large one did not.
  const { available } = storage;
  const { completions } = await storage.list('home', { status: 'completed', limit: 1, order: 'asc' });
  const name = error instanceof Error ? error.name : String(error);
  process.stdout.write(`${name}, available: ${available}, readable: ${completions.length === 1}\n`);
  await storage.close();
}
