// What the disk may hold after the power failed: everything up to the last sync, and behind it anything at all.

import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { readFileSync, writeFileSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { TestContext } from 'node:test';

import { openToRead, openToWrite } from '../../../src/storage/sqlite/connection.ts';
import { SqliteReader } from '../../../src/storage/sqlite/reader.ts';
import { verifyFile } from '../../../src/storage/sqlite/verify.ts';
import { SqliteWriter } from '../../../src/storage/sqlite/writer.ts';
import { makeFolder } from '../../make-folder.ts';
import { createRandom, type Random } from '../../random.ts';
import { makeChat, makeRecord } from '../../storage/make-record.ts';
import { readRows } from './books.ts';

/** @see https://www.sqlite.org/fileformat2.html#the_write_ahead_log */
const LOG_HEADER_BYTES = 32;
const PAGE_BYTES = 8192;
const FRAME_BYTES = 24 + PAGE_BYTES;
/** What a disk writes whole or not at all. */
const SECTOR_BYTES = 512;

const CHECKPOINTS = 10;

/** Of a store, after a commit that its callers were told of. */
interface State {
  /** The length of the log, which was synced up to here. */
  readonly frames: number;
  readonly rows: unknown;
}

interface History {
  /** Without what is in the log. */
  readonly file: Buffer;
  readonly log: Buffer;
  /** What was in its place before it was written. */
  readonly olderLog: Buffer;
  readonly frames: number;
  /** In order; the first is the one before anything was in the log. */
  readonly states: readonly State[];
}

/**
 * Cuts the log of a store at each frame and within each, and opens what is left of so many acknowledged commits. Throws
 * unless it holds exactly what the last commit left that was synced whole, also where a checkpoint broke off. Returns
 * figures, for people.
 */
export async function cutEverywhere(t: TestContext, seed: number, commits: number): Promise<string> {
  const random = createRandom(seed);
  const history = await makeHistory(t, commits, random);
  const { file, log, olderLog, frames, states } = history;
  const path = join(await makeFolder(t), 'colloquy.db');
  let cuts = 0;
  const cutAt = (bytes: number, whole: number): void => {
    const [name, makeEnd] = Object.entries(ENDS)[cuts % 4]!;
    writeFileSync(path, file);
    writeFileSync(`${path}-wal`, Buffer.concat([log.subarray(0, bytes), makeEnd(olderLog.subarray(bytes))]));
    const expected = states.findLast((state) => state.frames <= whole);
    assert.deepEqual(recover(path), expected?.rows, `${bytes} bytes of the log, and ${name}`);
    cuts += 1;
  };
  for (let whole = 0; whole <= frames; whole += 1) {
    const end = LOG_HEADER_BYTES + whole * FRAME_BYTES;
    cutAt(end, whole);
    if (whole < frames) cutAt(end + 1 + random(FRAME_BYTES - 1), whole);
  }
  for (let checkpoint = 0; checkpoint < CHECKPOINTS; checkpoint += 1) {
    writeFileSync(path, breakCheckpoint(history, random));
    writeFileSync(`${path}-wal`, log);
    assert.deepEqual(recover(path), states.at(-1)?.rows, `checkpoint ${checkpoint}`);
  }
  return (
    `${cuts} cuts of a log of ${frames} frames with ${commits} acknowledged commits, ` +
    `and ${CHECKPOINTS} checkpoints that broke off`
  );
}

/** Writes as the store does: groups that are acknowledged and synced, and between them the index of words, which is not. */
async function makeHistory(t: TestContext, commits: number, random: Random): Promise<History> {
  const path = join(await makeFolder(t), 'colloquy.db');
  const writer = new SqliteWriter(openToWrite(path, 0));
  const reader = new SqliteReader(openToRead(path, 0));
  t.after(() => {
    reader.close();
    writer.close();
  });
  const ids: string[] = [];
  const insert = (): void => {
    const text = Array.from({ length: 1 + random(1000) }, () => random(1e9).toString(36)).join(' ');
    const record = makeRecord(makeChat(`What is number ${ids.length}?`, text));
    writer.insert(record);
    ids.push(record.id);
  };
  // This log is longer than the one that is written over it.
  for (let count = 0; count < 3 * commits; count += 1) writer.commitTogether(insert);
  while (!writer.indexSome());
  reader.checkpoint();
  const [file, olderLog] = [await readFile(path), await readFile(`${path}-wal`)];
  const states: State[] = [{ frames: 0, rows: readRows(path) }];
  for (let commit = 0; commit < commits; commit += 1) {
    writer.commitTogether(() => {
      for (let count = random(3); count >= 0; count -= 1) insert();
      writer.updateMetadata('home', ids[random(ids.length)] ?? '', { topic: `number ${commit}` });
      if (random(3) === 0) writer.delete('home', ids.splice(random(ids.length), 1)[0] ?? '');
    });
    states.push({ frames: countFrames(readFileSync(`${path}-wal`)), rows: readRows(path) });
    if (commit % 2 === 0) writer.indexSome();
  }
  const log = await readFile(`${path}-wal`);
  // The file itself has not changed since.
  assert.deepEqual(await readFile(path), file);
  return { file, log, olderLog, frames: countFrames(log), states };
}

/** Those that belong to this log, not to the one before. */
function countFrames(log: Buffer): number {
  const salt = log.subarray(16, 24);
  let frames = 0;
  for (
    let at = LOG_HEADER_BYTES;
    at < log.length && log.subarray(at + 8, at + 16).equals(salt);
    at += FRAME_BYTES
  ) {
    frames += 1;
  }
  return frames;
}

/** The file as a checkpoint leaves it that broke off: of each page that it was to write, some sectors are written. */
function breakCheckpoint({ file, log, frames }: History, random: Random): Buffer {
  const pages = Array.from({ length: frames }, (_, index) => {
    const frame = log.subarray(LOG_HEADER_BYTES + index * FRAME_BYTES);
    return {
      at: (frame.readUInt32BE(0) - 1) * PAGE_BYTES,
      content: frame.subarray(FRAME_BYTES - PAGE_BYTES),
    };
  });
  const broken = Buffer.alloc(Math.max(file.length, ...pages.map(({ at }) => at + PAGE_BYTES)));
  file.copy(broken);
  for (const { at, content } of pages) {
    for (let sector = 0; sector < PAGE_BYTES; sector += SECTOR_BYTES) {
      if (random(2) === 0) content.copy(broken, at + sector, sector, sector + SECTOR_BYTES);
    }
  }
  return broken;
}

/** What may be behind the last byte that reached the disk. */
const ENDS: Readonly<Record<string, (older: Buffer) => Buffer>> = {
  nothing: () => Buffer.alloc(0),
  'what was there before': (older) => older,
  zeros: (older) => Buffer.alloc(older.length),
  'random bytes': (older) => randomBytes(older.length),
};

/** Opens a store as a server does, finishes what waits, and returns what is in it. It must be sound. */
function recover(path: string): unknown {
  const writer = new SqliteWriter(openToWrite(path, 0));
  const reader = new SqliteReader(openToRead(path, 0));
  try {
    const rows = readRows(path);
    while (!writer.indexSome());
    const query = { status: 'completed', limit: 1000, order: 'asc' } as const;
    const { completions } = reader.list('home', query);
    assert.equal(completions.length, rows.length);
    // The index of words has come to the same, also where what it had done was lost.
    assert.deepEqual(reader.list('home', { ...query, q: '"what is number"' }).completions, completions);
    return rows;
  } finally {
    reader.close();
    writer.close();
    verifyFile(path, ({ reason }) => assert.fail(reason));
  }
}
