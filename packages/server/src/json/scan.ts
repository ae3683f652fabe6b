// Finds its way through JSON text. Texts are strings with one character for each byte, since to search a string costs a
// fraction of what it costs to search a buffer. Nothing here checks the text: of what is no JSON, some end is found.

import type { JsonBytes } from './members.ts';

export const QUOTE = 0x22;
export const COMMA = 0x2c;
export const COLON = 0x3a;
export const OPEN_BRACKET = 0x5b;
const BACKSLASH = 0x5c;
export const CLOSE_BRACKET = 0x5d;
export const OPEN_BRACE = 0x7b;
export const CLOSE_BRACE = 0x7d;
const SPACE = 0x20;

export function spellBytes(json: JsonBytes): string {
  return asBuffer(json).toString('latin1');
}

export function asBuffer(bytes: Uint8Array): Buffer {
  return Buffer.isBuffer(bytes) ? bytes : Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
}

export function skipSpace(text: string, start: number): number {
  let at = start;
  // Everything up to the space is white space where JSON allows any.
  while (at < text.length && text.charCodeAt(at) <= SPACE) at += 1;
  return at;
}

/** From an opening quote to just behind the closing one; without one, to the end. */
export function skipString(text: string, start: number): number {
  for (let quote = text.indexOf('"', start + 1); quote !== -1; quote = text.indexOf('"', quote + 1)) {
    if (!isEscaped(text, quote)) return quote + 1;
  }
  return text.length;
}

/** Whether an odd number of backslashes stands before it. */
function isEscaped(text: string, quote: number): boolean {
  let at = quote - 1;
  while (text.charCodeAt(at) === BACKSLASH) at -= 1;
  return (quote - at) % 2 === 0;
}

/** From the first character of a value to just behind its last. */
export function skipValue(text: string, start: number): number {
  if (text.charCodeAt(start) === QUOTE) return skipString(text, start);
  let depth = 0;
  for (let at = start; at < text.length; at++) {
    const code = text.charCodeAt(at);
    if (code === QUOTE) {
      at = skipString(text, at) - 1;
    } else if (code === OPEN_BRACE || code === OPEN_BRACKET) {
      depth += 1;
    } else if (code === CLOSE_BRACE || code === CLOSE_BRACKET) {
      if (depth === 0) return at;
      depth -= 1;
      if (depth === 0) return at + 1;
    } else if (depth === 0 && (code === COMMA || code <= SPACE)) {
      return at;
    }
  }
  return text.length;
}
