// Changes the store at the path that is its first argument until it is killed: several callers keep completions, change
// their metadata and delete some, by the seed that is the second. Each line says what a caller asked for, or was told.

import { randomBytes } from 'node:crypto';

import { mintCompletionId } from '../../../src/completion-id.ts';
import { openSqliteStorage } from '../../../src/storage/sqlite/storage.ts';
import type { CompletionStatus } from '../../../src/storage/storage.ts';
import { createRandom } from '../../random.ts';
import { makeChat, makeRecord } from '../../storage/make-record.ts';
import { hashRecord, type Line } from './books.ts';

const CALLERS = 8;
/** As often as they come, about. */
const STATUSES: readonly CompletionStatus[] = [
  'completed',
  'completed',
  'completed',
  'interrupted',
  'failed',
];

const [path = '', seed] = process.argv.slice(2);
const random = createRandom(Number(seed));

/** Resolves once it is in the pipe, where it outlives the process. */
function say(line: Line): Promise<void> {
  return new Promise((resolve) => {
    process.stdout.write(`${JSON.stringify(line)}\n`, () => resolve());
  });
}

const startedAt = performance.now();
const storage = await openSqliteStorage(path);

async function keep(): Promise<string> {
  const answer = randomBytes(random(12_000)).toString('base64');
  const id = mintCompletionId();
  const status = STATUSES[random(STATUSES.length)] ?? 'completed';
  const record = makeRecord({
    id,
    status,
    metadata: { topic: 'sea' },
    ...makeChat(`What is ${id}?`, answer),
  });
  await say({ does: 'keep', id, status, hash: hashRecord(record) });
  await storage.insert(record);
  await say({ did: 'keep', id });
  return id;
}

async function change(id: string): Promise<void> {
  const topic = `the number ${random(1000)}`;
  await say({ does: 'update', id, topic });
  await storage.updateMetadata('home', id, { topic });
  await say({ did: 'update', id });
}

async function remove(id: string): Promise<void> {
  await say({ does: 'delete', id });
  await storage.delete('home', id);
  await say({ did: 'delete', id });
}

async function call(): Promise<never> {
  for (;;) {
    const id = await keep();
    if (random(4) === 0) await change(id);
    if (random(8) === 0) await remove(id);
  }
}

await keep();
await say({ readyMs: performance.now() - startedAt });
await Promise.all(Array.from({ length: CALLERS }, call));
