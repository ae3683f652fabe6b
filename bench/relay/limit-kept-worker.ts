import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { parentPort, receiveMessageOnPort, workerData } from 'node:worker_threads';

export type KeptPair = readonly [request: Uint8Array, response: Uint8Array];

const db = new DatabaseSync(join(String(workerData), 'limit-kept.db'));
db.exec(`
  PRAGMA page_size = 8192; PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL;
  CREATE TABLE pairs (number INTEGER PRIMARY KEY, request BLOB, response BLOB) STRICT;
`);
const insert = db.prepare('INSERT INTO pairs (request, response) VALUES (?, ?)');

parentPort?.on('message', (first: readonly KeptPair[]) => {
  const pairs = [...first];
  // What came while the last ones were synced.
  for (let next = receive(); next !== undefined; next = receive()) pairs.push(...next);
  db.exec('BEGIN IMMEDIATE');
  for (const pair of pairs) insert.run(...pair);
  db.exec('COMMIT');
  parentPort?.postMessage(pairs.length);
});

function receive(): readonly KeptPair[] | undefined {
  return parentPort === null ? undefined : receiveMessageOnPort(parentPort)?.message;
}
