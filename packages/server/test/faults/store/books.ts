// What callers asked of a store, and what they were told, beside what it holds.

import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { DatabaseSync } from 'node:sqlite';

import { readMetadata } from '../../../src/storage/spell-metadata.ts';
import { verifyFile } from '../../../src/storage/sqlite/verify.ts';
import type { CompletionRecord, CompletionStatus } from '../../../src/storage/storage.ts';

export type Line =
  | { readonly does: 'keep'; readonly id: string; readonly status: CompletionStatus; readonly hash: string }
  | { readonly does: 'update'; readonly id: string; readonly topic: string }
  | { readonly does: 'delete'; readonly id: string }
  | { readonly did: 'keep' | 'update' | 'delete'; readonly id: string }
  /** From the opening of the store until its first completion was kept. */
  | { readonly readyMs: number };

/** Of the texts of a record. */
export function hashRecord({ request, response }: Pick<CompletionRecord, 'request' | 'response'>): string {
  return [request, response].map((text) => createHash('sha256').update(text).digest('hex')).join();
}

interface Entry {
  readonly status: CompletionStatus;
  readonly hash: string;
  /** What its metadata says, or may say. */
  topics: string[];
  /** Whether the store has to have it: undefined if nobody was told. */
  isThere: boolean | undefined;
}

interface Row {
  readonly id: string;
  readonly status: CompletionStatus;
  readonly metadata: string;
  readonly hash: string;
}

export class Books {
  readonly #entries = new Map<string, Entry>();
  /** Kept, as callers were told. */
  acknowledged = 0;
  /** Asked for and never answered. */
  unanswered = 0;

  get received(): number {
    return this.#entries.size;
  }

  note(line: Line): void {
    if ('readyMs' in line) return;
    if ('does' in line) this.#begin(line);
    else this.#end(line.did, this.#entry(line.id));
  }

  /** Of everything that the file holds: what was acknowledged is there with its texts, and nothing else is. */
  balance(path: string): void {
    assert.equal(
      verifyFile(path, (damage) => assert.fail(damage.reason)),
      readRows(path).length,
    );
    const rows = new Map(readRows(path).map((row) => [row.id, row]));
    for (const [id, entry] of this.#entries) {
      const row = rows.get(id);
      if (entry.isThere !== undefined) assert.equal(row !== undefined, entry.isThere, id);
      // What nobody was told is decided now, once and for all.
      else this.unanswered += 1;
      entry.isThere = row !== undefined;
      if (row === undefined) continue;
      assert.deepEqual([row.status, row.hash], [entry.status, entry.hash], id);
      const { topic } = readMetadata(row.metadata);
      assert.ok(topic !== undefined && entry.topics.includes(topic), id);
      entry.topics = [topic];
      rows.delete(id);
    }
    assert.deepEqual([...rows.keys()], [], 'nobody asked for these');
  }

  /** The ids of those of a status that are kept, in order. */
  list(status: CompletionStatus): string[] {
    const entries = [...this.#entries].filter(
      ([, entry]) => entry.isThere === true && entry.status === status,
    );
    return entries.map(([id]) => id).toSorted();
  }

  #begin(line: Extract<Line, { does: string }>): void {
    if (line.does === 'keep') {
      const { id, status, hash } = line;
      this.#entries.set(id, { status, hash, topics: ['sea'], isThere: undefined });
      return;
    }
    const entry = this.#entry(line.id);
    if (line.does === 'update') entry.topics.push(line.topic);
    else entry.isThere = undefined;
  }

  #end(did: 'keep' | 'update' | 'delete', entry: Entry): void {
    if (did === 'update') entry.topics = entry.topics.slice(-1);
    else entry.isThere = did === 'keep';
    if (did === 'keep') this.acknowledged += 1;
  }

  #entry(id: string): Entry {
    const entry = this.#entries.get(id);
    assert.ok(entry, id);
    return entry;
  }
}

/** The hashes are those that the store keeps; that the texts have them is for `verifyFile` to say. */
export function readRows(path: string): Row[] {
  const db = new DatabaseSync(path, { readOnly: true });
  try {
    return db
      .prepare(
        `SELECT id, status, metadata, lower(hex(request_sha256)) || ',' || lower(hex(response_sha256)) AS hash
         FROM completions`,
      )
      .all() as unknown as Row[];
  } finally {
    db.close();
  }
}
