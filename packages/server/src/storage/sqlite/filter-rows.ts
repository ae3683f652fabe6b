// What stands in the table `filters`: short numbers, whatever the filter and the id.

import { hash } from 'node:crypto';
import type { DatabaseSync } from 'node:sqlite';

import { readPosition } from '../../completion-id.ts';
import type { Filter } from '../filters.ts';
import type { CompletionStatus } from '../storage.ts';

/** 96 bits: among a billion filters, two are alike with a chance of one in 10^11. */
const KEY_BYTES = 12;

/** Stands for the filter in a project, among completions of one status. */
export function filterKey(project: string, status: CompletionStatus, [name, value]: Filter): Uint8Array {
  // What is half of a surrogate pair comes back from SQLite as something else: it must lead to the same rows then.
  const text = JSON.stringify([project, status, name, value].map((part) => part.toWellFormed()));
  // A third of the time that a hash in a Buffer takes.
  return Buffer.from(hash('sha256', text, 'latin1').slice(0, KEY_BYTES), 'latin1');
}

/** For SQL: `id_position(id)`. */
export function defineFunctions(db: DatabaseSync): void {
  const options = { deterministic: true, directOnly: true };
  db.function('id_position', options, (id) => readPosition(String(id)));
}
