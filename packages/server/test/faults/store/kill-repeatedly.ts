// A process that changes a store and is killed, again and again, at moments that a seed names.

import assert from 'node:assert/strict';
import type { ChildProcess } from 'node:child_process';
import { closeSync, openSync, readSync } from 'node:fs';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import type { TestContext } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';

import { build } from 'esbuild';

import { openSqliteStorage } from '../../../src/storage/sqlite/storage.ts';
import type { CompletionStatus } from '../../../src/storage/storage.ts';
import { makeFolder } from '../../make-folder.ts';
import { createRandom, type Random } from '../../random.ts';
import { listIds } from '../../storage/list-ids.ts';
import { readLines, start } from '../../storage/run-process.ts';
import { Books, type Line } from './books.ts';

const PACKAGE = new URL('../../../', import.meta.url);
const STATUSES: readonly CompletionStatus[] = ['completed', 'interrupted', 'failed'];

/** The longest that a process may change the store, in lines. */
const MAX_LINES = 400;
/** After how many kills, about, the store is also opened and closed by someone who is not killed. */
const CLOSED_EVERY = 8;
const EVERYTHING = 1_000_000;

export interface KillFigures {
  kills: number;
  /** Of the kills: those that left a checkpoint which was begun and not ended. */
  withinCheckpoint: number;
  acknowledged: number;
  unanswered: number;
  /** From the opening of a store whose last user was killed until a completion was kept in it. */
  readonly readyMs: number[];
}

export function newFigures(): KillFigures {
  return { kills: 0, withinCheckpoint: 0, acknowledged: 0, unanswered: 0, readyMs: [] };
}

/** Adds what comes of `kills` kills, all in one store, to the figures. Throws if anything that was acknowledged is lost. */
export async function killRepeatedly(
  t: TestContext,
  seed: number,
  kills: number,
  figures = newFigures(),
): Promise<KillFigures> {
  const folder = await makeFolder(t);
  const script = await bundle(folder);
  const path = join(folder, 'colloquy.db');
  const random = createRandom(seed);
  const books = new Books();
  for (let kill = 0; kill < kills; kill += 1) {
    const isWithinCheckpoint = await killOnce(t, script, path, random, books, (readyMs) => {
      if (kill > 0) figures.readyMs.push(readyMs);
    });
    figures.kills += 1;
    figures.withinCheckpoint += Number(isWithinCheckpoint);
    books.balance(path);
    if (kill === kills - 1 || random(CLOSED_EVERY) === 0) await assertListed(path, books);
  }
  figures.acknowledged += books.acknowledged;
  figures.unanswered += books.unanswered;
  return figures;
}

export function describeFigures({ readyMs, ...figures }: KillFigures): string {
  const sorted = readyMs.toSorted((a, b) => a - b).map(Math.round);
  return (
    `${figures.kills} kills, ${figures.withinCheckpoint} of them within a checkpoint; ` +
    `${figures.acknowledged} completions acknowledged, 0 lost; ${figures.unanswered} calls unanswered; ` +
    `ready again after ${sorted[sorted.length >> 1]} ms (median), ${sorted.at(-1)} ms (longest)`
  );
}

/** Returns a script that starts three times as fast as its sources do, which counts where it is started so often. */
async function bundle(folder: string): Promise<string> {
  await build({
    entryPoints: {
      'change-until-killed': fileURLToPath(new URL('test/faults/store/change-until-killed.ts', PACKAGE)),
      worker: fileURLToPath(new URL('src/storage/sqlite/worker.ts', PACKAGE)),
    },
    outdir: folder,
    outExtension: { '.js': '.mjs' },
    bundle: true,
    platform: 'node',
    format: 'esm',
    conditions: ['@colloquy/source'],
  });
  return join(folder, 'change-until-killed.mjs');
}

/** Returns whether a checkpoint was under way. */
async function killOnce(
  t: TestContext,
  script: string,
  path: string,
  random: Random,
  books: Books,
  onReady: (readyMs: number) => void,
): Promise<boolean> {
  const checkpoints = new Checkpoints(path);
  const child = start(t, [process.execPath, script, path, String(random(1e9))]);
  const lastLine = 1 + random(MAX_LINES);
  const delayMs = random(4);
  // Half of them are aimed at a checkpoint, and come when there is one.
  if (random(2) === 0) void killWithinCheckpoint(child, checkpoints);
  const lines = await readLines(child, (count) => {
    if (count === lastLine) setTimeout(() => child.kill('SIGKILL'), delayMs);
  });
  assert.equal(child.signalCode, 'SIGKILL');
  for (const text of lines) {
    const line = JSON.parse(text) as Line;
    if ('readyMs' in line) onReady(line.readyMs);
    else books.note(line);
  }
  return checkpoints.isUnderWay();
}

async function killWithinCheckpoint(child: ChildProcess, checkpoints: Checkpoints): Promise<void> {
  while (child.exitCode === null && child.signalCode === null) {
    if (checkpoints.isUnderWay()) child.kill('SIGKILL');
    await sleep(1);
  }
}

/**
 * Looks into the index of the log, which SQLite's processes share.
 *
 * @see https://www.sqlite.org/walformat.html#the_wal_index_file_format
 */
class Checkpoints {
  readonly #path: string;
  /** Recovery counts what it finds as attempted, too. */
  readonly #recovered: number;

  /** To be made before the process starts that is to be watched. */
  constructor(path: string) {
    this.#path = `${path}-shm`;
    this.#recovered = this.#read().attempted;
  }

  isUnderWay(): boolean {
    const { done, attempted } = this.#read();
    return attempted > done && !(done === 0 && attempted === this.#recovered);
  }

  /** How many frames of the log were copied into the file, and how many were to be. */
  #read(): { done: number; attempted: number } {
    const words = new Uint32Array(34);
    try {
      const file = openSync(this.#path, 'r');
      readSync(file, words);
      closeSync(file);
    } catch {
      // Not there yet.
    }
    return { done: words[24] ?? 0, attempted: words[32] ?? 0 };
  }
}

/** Every list has what it should, and the file is sound, by SQLite's longest check. */
async function assertListed(path: string, books: Books): Promise<void> {
  const storage = await openSqliteStorage(path);
  try {
    for (const status of STATUSES) {
      const ids = books.list(status);
      assert.deepEqual(await listIds(storage, { status, limit: EVERYTHING }), ids);
      assert.deepEqual(await listIds(storage, { status, limit: EVERYTHING, model: 'small' }), ids);
    }
    const found = await listIds(storage, { limit: EVERYTHING, q: 'what' });
    assert.deepEqual(found, books.list('completed'));
  } finally {
    await storage.close();
  }
  const db = new DatabaseSync(path, { readOnly: true });
  const check = db.prepare('PRAGMA integrity_check').get()?.['integrity_check'];
  db.close();
  assert.equal(check, 'ok');
}
