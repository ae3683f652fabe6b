// Fills a store as its writing thread does, but thousands to a commit, and without waiting for the disk.

import { openToWrite } from '../../packages/server/src/storage/sqlite/connection.ts';
import { SearchIndex } from '../../packages/server/src/storage/sqlite/search-index.ts';
import { SqliteWriter } from '../../packages/server/src/storage/sqlite/writer.ts';
import { cpuSince } from './cpu-since.ts';
import type { ChatMaker } from './make-chats.ts';

/** How many records are committed together, and how many are indexed together. */
const GROUP = 2000;

export interface Filling {
  /** Of the texts of requests and responses. */
  readonly jsonBytes: number;
  readonly writingUs: number;
  readonly indexingUs: number;
}

/** What is spent is the CPU time of this thread, for all records. */
export function fillStore(path: string, count: number, maker: ChatMaker): Filling {
  const connection = openToWrite(path, 0);
  connection.db.exec('PRAGMA synchronous = OFF');
  const writer = new SqliteWriter(connection);
  const index = new SearchIndex(connection);
  let [jsonBytes, writingUs, indexingUs] = [0, 0, 0];
  for (let left = count; left > 0; left -= GROUP) {
    const records = Array.from({ length: Math.min(left, GROUP) }, () => maker.make());
    for (const { request, response } of records) jsonBytes += request.length + response.length;
    writingUs += spend(() => writer.commitTogether(() => records.forEach((record) => writer.insert(record))));
    indexingUs += spend(() => writer.commitTogether(() => index.indexSome(GROUP)));
  }
  writer.close();
  return { jsonBytes, writingUs, indexingUs };
}

function spend(work: () => void): number {
  const before = process.threadCpuUsage();
  work();
  return cpuSince(before);
}
