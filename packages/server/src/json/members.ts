// Reads and changes the top-level members of an object in its JSON text. What is not named keeps its bytes, so that
// numbers beyond 2^53, the order of members and the upstream's own spelling survive.

import {
  asBuffer,
  CLOSE_BRACE,
  CLOSE_BRACKET,
  COLON,
  COMMA,
  OPEN_BRACE,
  OPEN_BRACKET,
  QUOTE,
  skipSpace,
  skipString,
  skipValue,
  spellBytes,
} from './scan.ts';

/** JSON text in UTF-8. */
export type JsonBytes = Uint8Array;

interface Member {
  readonly name: string;
  /** From just behind the `{` or `,` before the member … */
  readonly start: number;
  /** … to just before the `,` or `}` behind it. */
  readonly end: number;
  readonly valueStart: number;
  readonly valueEnd: number;
}

/** What stands between two places is replaced. */
interface Edit {
  readonly start: number;
  readonly end: number;
  readonly value: JsonBytes | string;
}

const NOT_ASCII = /[^\0-\x7f]/;

/**
 * The JSON texts of the named members; a name that occurs twice has its last value, as in `JSON.parse`.
 *
 * `json` must be an object that `JSON.parse` accepts, like everywhere in this file.
 */
export function readMembers(json: JsonBytes, names: ReadonlySet<string>): Map<string, JsonBytes> {
  const found = new Map<string, JsonBytes>();
  for (const { name, valueStart, valueEnd } of scanMembers(spellBytes(json))) {
    if (names.has(name)) found.set(name, json.subarray(valueStart, valueEnd));
  }
  return found;
}

/** Sets members to the given JSON texts, at their old place or else at the end; `undefined` removes them. */
export function changeMembers(
  json: JsonBytes,
  changes: Readonly<Record<string, JsonBytes | string | undefined>>,
): JsonBytes {
  const text = spellBytes(json);
  const missing = new Map(Object.entries(changes));
  const edits: Edit[] = [];
  const open = text.indexOf('{');
  const members = scanMembers(text);
  let isEmpty = true;
  for (const { name, start, end, valueStart, valueEnd } of members) {
    if (Object.hasOwn(changes, name)) {
      missing.delete(name);
      const value = changes[name];
      if (value === undefined) {
        // One comma goes with it: the one before it, if there is one to stay behind.
        const hasComma = text.charCodeAt(end) === COMMA;
        edits.push(
          isEmpty
            ? { start, end: hasComma ? end + 1 : end, value: '' }
            : { start: start - 1, end, value: '' },
        );
        continue;
      }
      edits.push({ start: valueStart, end: valueEnd, value });
    }
    isEmpty = false;
  }
  const end = members.at(-1)?.end ?? skipSpace(text, open + 1);
  if (members.length === 0) edits.push({ start: open + 1, end, value: '' });
  for (const [name, value] of missing) {
    if (value === undefined) continue;
    edits.push({ start: end, end, value: `${isEmpty ? '' : ','}${JSON.stringify(name)}:` });
    edits.push({ start: end, end, value });
    isEmpty = false;
  }
  return applyEdits(json, edits);
}

/** The array with each element changed; what stands between the elements keeps its bytes. */
export function mapElements(
  json: JsonBytes,
  change: (element: JsonBytes, index: number) => JsonBytes,
): JsonBytes {
  const edits = scanElements(spellBytes(json)).map(([start, end], index) => ({
    start,
    end,
    value: change(json.subarray(start, end), index),
  }));
  return applyEdits(json, edits);
}

/** The JSON texts of an array's elements. */
export function readElements(json: JsonBytes): JsonBytes[] {
  return scanElements(spellBytes(json)).map(([start, end]) => json.subarray(start, end));
}

/** How deep the arrays and objects of a JSON text are nested; stops counting above `limit`. */
export function measureDepth(json: JsonBytes, limit: number): number {
  const text = spellBytes(json);
  let depth = 0;
  let deepest = 0;
  for (let at = 0; at < text.length && deepest <= limit; at++) {
    const code = text.charCodeAt(at);
    if (code === QUOTE) at = skipString(text, at) - 1;
    else if (code === OPEN_BRACE || code === OPEN_BRACKET) deepest = Math.max(deepest, ++depth);
    else if (code === CLOSE_BRACE || code === CLOSE_BRACKET) depth -= 1;
  }
  return deepest;
}

function scanMembers(text: string): Member[] {
  const members: Member[] = [];
  let start = text.indexOf('{') + 1;
  for (;;) {
    const nameStart = skipSpace(text, start);
    if (text.charCodeAt(nameStart) !== QUOTE) return members;
    const nameEnd = skipString(text, nameStart);
    const colon = skipSpace(text, nameEnd);
    if (text.charCodeAt(colon) !== COLON) return members;
    const valueStart = skipSpace(text, colon + 1);
    const valueEnd = skipValue(text, valueStart);
    const end = skipSpace(text, valueEnd);
    members.push({ name: readName(text.slice(nameStart, nameEnd)), start, end, valueStart, valueEnd });
    if (text.charCodeAt(end) !== COMMA) return members;
    start = end + 1;
  }
}

function scanElements(text: string): Array<readonly [start: number, end: number]> {
  const elements: Array<readonly [number, number]> = [];
  let start = skipSpace(text, text.indexOf('[') + 1);
  while (start < text.length && text.charCodeAt(start) !== CLOSE_BRACKET) {
    const end = skipValue(text, start);
    if (end === start) break;
    elements.push([start, end]);
    const comma = skipSpace(text, end);
    if (text.charCodeAt(comma) !== COMMA) break;
    start = skipSpace(text, comma + 1);
  }
  return elements;
}

function readName(spelled: string): string {
  const text = NOT_ASCII.test(spelled) ? Buffer.from(spelled, 'latin1').toString() : spelled;
  return text.includes('\\') ? String(JSON.parse(text)) : text.slice(1, -1);
}

/** They must be in order, and stand beside each other. */
function applyEdits(json: JsonBytes, edits: readonly Edit[]): JsonBytes {
  const buffer = asBuffer(json);
  const pieces: Uint8Array[] = [];
  let copied = 0;
  for (const { start, end, value } of edits) {
    if (start > copied) pieces.push(buffer.subarray(copied, start));
    if (value.length > 0) pieces.push(typeof value === 'string' ? Buffer.from(value) : value);
    copied = end;
  }
  pieces.push(buffer.subarray(copied));
  return Buffer.concat(pieces);
}
