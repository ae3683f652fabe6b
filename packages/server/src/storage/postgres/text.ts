// PostgreSQL's text takes any characters but NUL and halves of surrogate pairs, and an index takes no more than 2.7 KB.

import { hash } from 'node:crypto';

import { MAX_BYTES_PER_UNIT } from './byte-writer.ts';

/** In bytes of UTF-8. Three of them fit into an entry of an index, beside an id and a status. */
const MAX_KEY_BYTES = 512;

/** What JSON may escape: quotes, backslashes, control characters, and halves of surrogate pairs. */
const UNUSUAL = /[^ !#-[\]-\ud7ff\ue000-\uffff]/;

/** Spells any text for a column, as JSON does between the quotes: nearly always, it is the text itself. */
export function spellText(text: string): string {
  if (typeof text !== 'string') throw new TypeError(`must be a text, not ${typeof text}`);
  return UNUSUAL.test(text) ? JSON.stringify(text).slice(1, -1) : text;
}

export function readText(spelled: string): string {
  return spelled.includes('\\') ? (JSON.parse(`"${spelled}"`) as string) : spelled;
}

/** Spells any text for a column of an index: a long one by its hash, behind a quote, which no spelled text begins with. */
export function spellKey(text: string): string {
  const spelled = spellText(text);
  const isShort =
    spelled.length * MAX_BYTES_PER_UNIT <= MAX_KEY_BYTES || Buffer.byteLength(spelled) <= MAX_KEY_BYTES;
  return isShort ? spelled : `"${hash('sha256', spelled)}`;
}
