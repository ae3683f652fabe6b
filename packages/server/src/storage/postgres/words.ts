// Texts as PostgreSQL searches them. The words are found here, not by its parsers, which depend on the locale: the index and
// the queries agree on every server, and no word needs to be quoted further.

import { readPhrases, spellScope } from '../search-text.ts';
import type { CompletionStatus } from '../storage.ts';

const WORD = /[\p{L}\p{M}\p{N}\p{Co}]+/gu;

/** Of Latin, Greek and Cyrillic, once they stand alone. */
const ACCENTS = /[\u0300-\u036f]/g;

/** The limits of a `tsvector`: a place is no higher than this, and a word no longer. */
const MAX_PLACE = 16_383;
const MAX_WORD_CHARACTERS = 500;

/** A `tsvector` holds 1 MB of words: what is beyond the first of them is not found. In characters of up to four bytes. */
const MAX_CHARACTERS = 200_000;

/** The words of a text and where they stand, as a `tsvector`; and one word more that says whose it is. */
export function toTextVector(project: string, status: CompletionStatus, text: string): string {
  const places = new Map<string, number[]>();
  let characters = 0;
  for (const [index, word] of readWords(text).entries()) {
    let found = places.get(word);
    if (found === undefined) {
      characters += word.length;
      if (characters > MAX_CHARACTERS) break;
      found = [];
      places.set(word, found);
    }
    if (index < MAX_PLACE) found.push(index + 1);
  }
  const lexemes = Array.from(
    places,
    ([word, found]) => `'${word}'${found.length > 0 ? ':' : ''}${found.join(',')}`,
  );
  return [`'${spellScope(project, status)}'`, ...lexemes].join(' ');
}

/** The `tsquery` for what a project kept with that status; undefined if there is no word in `q`. */
export function toTextQuery(project: string, status: CompletionStatus, q: string): string | undefined {
  const phrases = readPhrases(q)
    .map(readWords)
    .filter((words) => words.length > 0);
  if (phrases.length === 0) return undefined;
  const parts = new Set(phrases.map((words) => `(${words.map((word) => `'${word}'`).join(' <-> ')})`));
  return [`'${spellScope(project, status)}'`, ...parts].join(' & ');
}

function readWords(text: string): string[] {
  const plain = text.normalize('NFD').replace(ACCENTS, '').toLowerCase();
  return (plain.match(WORD) ?? []).map((word) => word.slice(0, MAX_WORD_CHARACTERS));
}
