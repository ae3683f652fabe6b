// What stands in the table `filters`: short numbers, whatever the filter and the id.

import { hash } from 'node:crypto';
import type { DatabaseSync } from 'node:sqlite';

import { readPosition } from '../../completion-id.ts';
import type { Filter } from '../filters.ts';
import type { CompletionStatus } from '../storage.ts';

/** 96 bits: among a billion filters, two are alike with a chance of one in 10^11. */
const KEY_BYTES = 12;

/** How many keys are remembered: those of a few models and projects come again with each completion. */
const MAX_REMEMBERED = 1000;

const remembered = new Map<string, Uint8Array>();

/** Stands for the filter in a project, among completions of one status. */
export function filterKey(project: string, status: CompletionStatus, [name, value]: Filter): Uint8Array {
  // What is half of a surrogate pair comes back from SQLite as something else: it must lead to the same rows then.
  const text = JSON.stringify([project, status, name, value].map((part) => part.toWellFormed()));
  let key = remembered.get(text);
  if (key === undefined) {
    // A third of the time that a hash in a Buffer takes.
    key = Buffer.from(hash('sha256', text, 'latin1').slice(0, KEY_BYTES), 'latin1');
    if (remembered.size === MAX_REMEMBERED) remembered.clear();
    remembered.set(text, key);
  }
  return key;
}

/** For SQL: `id_position(id)`. */
export function defineFunctions(db: DatabaseSync): void {
  const options = { deterministic: true, directOnly: true };
  db.function('id_position', options, (id) => readPosition(String(id)));
}
