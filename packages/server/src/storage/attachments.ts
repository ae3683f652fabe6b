// Images, audio and other files that a request carries in base64. A chat repeats them in the request of each later turn:
// they are kept apart from its text, once for each content. What is put together again is the text that was sent, byte for
// byte, since only what is spelled again to the last character is taken out of it.

import { createHash, hash } from 'node:crypto';

import type { JsonBytes } from '../json/members.ts';
import { asBuffer, COLON, QUOTE } from '../json/scan.ts';
import { runAtOnce, type Steps } from './steps.ts';

/** What is shorter stays in its text. In bytes. */
const MIN_BYTES = 1024;

/** How much is done in one step, in characters of base64: a millisecond or two. Without a rest that would be padded. */
const STEP = 524_288;
const STEP_BYTES = (STEP / 4) * 3;

/** Begins the content of a `data:` URI. */
const URI_MARK = ';base64,';
/** Ends the names of the members that hold base64 alone: `data` of `input_audio`, and `file_data` of `file`. */
const NAME_END = 'data"';
const URI = 'data:';

/** How much is searched for them in one step. */
const SEARCHED_BYTES = 1_048_576;

const BACKSLASH = 0x5c;
const SPACE = 0x20;

/** Any base64, also what is broken into lines, of another alphabet, or escaped in other ways than those below. */
const BASE64_LIKE = /^[\w+/=\\-]*$/;

/** How an attachment is spelled in its text, by numbers that are kept: in base64 as it should be … */
const PLAIN = 0;
/** … with characters escaped, as PHP and as .NET do … */
const ESCAPES: ReadonlyMap<number, readonly [plain: string, escaped: string]> = new Map([
  [1, ['/', '\\/']],
  [2, ['+', '\\u002B']],
]);
/** … or in any other way: what is kept is the spelling itself. */
const AS_IT_IS = 3;

/** Of the rest, with which the places begin. */
export const HASH_BYTES = 32;
/** Where it belongs in the rest, in 32 bits; how it is spelled; and its hash. */
export const PLACE_BYTES = 4 + 1 + HASH_BYTES;

const DAMAGED = 'what leads to its attachments is damaged';

export interface Attachment {
  /** Of the bytes: by it they are found. */
  readonly sha256: Buffer;
  readonly bytes: Uint8Array;
}

export interface Detached {
  /** The text without its attachments. */
  readonly rest: JsonBytes;
  /** What leads from the rest to the text: the hash of the rest, and where which attachment belongs. */
  readonly places: Uint8Array;
  /** Each once, in order of their hashes. */
  readonly attachments: readonly Attachment[];
}

/** Undefined if the text has no attachments. Takes any bytes. */
export function detach(text: JsonBytes): Detached | undefined {
  return runAtOnce(detachInSteps(text));
}

/** Puts a text together again. `find` gives those that `listAttachments` lists. Throws if the places are damaged. */
export function attach(rest: JsonBytes, places: Uint8Array, find: (sha256: Buffer) => Uint8Array): JsonBytes {
  return runAtOnce(attachInSteps(rest, places, find));
}

/** What is wrong with a request that was detached, and whose rest is well; undefined if it is the one with that hash. */
export function findAttachmentDamage(
  { rest, places, sha256 }: Pick<Detached, 'rest' | 'places'> & { readonly sha256: Uint8Array },
  find: (sha256: Buffer) => Uint8Array | undefined,
): string | undefined {
  const found = new Map<string, Uint8Array>();
  for (const each of listAttachments(places)) {
    const name = each.toString('hex');
    const bytes = find(each);
    if (bytes === undefined) return `the attachment ${name} of its request is missing`;
    if (!hash('sha256', bytes, 'buffer').equals(each))
      return `the attachment ${name} of its request is damaged`;
    found.set(name, bytes);
  }
  try {
    const text = attach(rest, places, (each) => found.get(each.toString('hex'))!);
    if (hash('sha256', text, 'buffer').equals(sha256)) return undefined;
  } catch {
    // What cannot be put together is not what was kept either.
  }
  return 'its request is damaged';
}

/** How many completions use an attachment, and how many are counted: if that is less, it goes before the last of them. */
export interface WrongUses {
  readonly project: string;
  readonly sha256: Uint8Array;
  readonly counted: number;
  /** Null if there are none. */
  readonly found: number | null;
}

export function describeWrongUses({ project, sha256, counted, found }: WrongUses): string {
  const name = Buffer.from(sha256).toString('hex');
  return `the attachment ${name} of project ${project} is used by ${found ?? 0} completions, but counted as used by ${counted}`;
}

/** What the text without its attachments is checked by. */
export function readRestHash(places: Uint8Array): Uint8Array {
  return places.subarray(0, HASH_BYTES);
}

/** The hashes of the attachments, each once, in order. */
export function listAttachments(places: Uint8Array): Buffer[] {
  const hashes = readPlaces(places).map(({ sha256 }) => sha256);
  return sortUnique(hashes, (sha256) => sha256);
}

/** As `detach`. */
export function* detachInSteps(text: JsonBytes): Steps<Detached | undefined> {
  if (text.length < MIN_BYTES) return undefined;
  const buffer = asBuffer(text);
  const kept: Uint8Array[] = [];
  const places: Buffer[] = [];
  const attachments: Attachment[] = [];
  let [copied, restLength] = [0, 0];
  for (const candidate of findCandidates(buffer)) {
    if (candidate === undefined) {
      yield;
      continue;
    }
    const [start, end] = candidate;
    const read = yield* readAttachment(buffer, start, end);
    if (read === undefined) continue;
    const { spelling, ...attachment } = read;
    kept.push(buffer.subarray(copied, start));
    restLength += start - copied;
    copied = end;
    places.push(spellPlace({ offset: restLength, spelling, sha256: attachment.sha256 }));
    attachments.push(attachment);
  }
  if (attachments.length === 0) return undefined;
  const rest = Buffer.concat([...kept, buffer.subarray(copied)]);
  return {
    rest,
    places: Buffer.concat([hash('sha256', rest, 'buffer'), ...places]),
    attachments: sortUnique(attachments, ({ sha256 }) => sha256),
  };
}

/** As `attach`. */
export function* attachInSteps(
  rest: JsonBytes,
  places: Uint8Array,
  find: (sha256: Buffer) => Uint8Array,
): Steps<JsonBytes> {
  if ((places.length - HASH_BYTES) % PLACE_BYTES !== 0) throw new Error(DAMAGED);
  const pieces: Array<Uint8Array | string> = [];
  let copied = 0;
  for (const { offset, spelling, sha256 } of readPlaces(places)) {
    pieces.push(rest.subarray(copied, offset));
    copied = offset;
    const bytes = asBuffer(find(sha256));
    for (let at = 0; at < bytes.length; at += STEP_BYTES) {
      pieces.push(spell(bytes.subarray(at, at + STEP_BYTES), spelling));
      yield;
    }
  }
  pieces.push(rest.subarray(copied));
  const text = Buffer.allocUnsafeSlow(pieces.reduce((length, piece) => length + piece.length, 0));
  let end = 0;
  for (const piece of pieces) {
    if (typeof piece === 'string') text.write(piece, end, 'latin1');
    else text.set(piece, end);
    end += piece.length;
    yield;
  }
  return new Uint8Array(text.buffer, text.byteOffset, text.length);
}

/**
 * From where to where there may be an attachment that is worth it: up to the end of a string. In order; undefined after each
 * part in which there is none any more.
 */
function* findCandidates(text: Buffer): Generator<readonly [start: number, end: number] | undefined> {
  for (let from = 0; from < text.length;) {
    const part = text.subarray(0, from + SEARCHED_BYTES);
    let uri = part.indexOf(URI_MARK, from, 'latin1');
    let name = part.indexOf(NAME_END, from, 'latin1');
    // A mark may begin in this part and end in the next.
    from += SEARCHED_BYTES - URI_MARK.length;
    while (uri !== -1 || name !== -1) {
      const isUri = name === -1 || (uri !== -1 && uri < name);
      const start = isUri ? uri + URI_MARK.length : findValue(text, name + NAME_END.length);
      let next = (isUri ? uri : name) + 1;
      if (start !== undefined) {
        const quote = text.indexOf(QUOTE, start);
        let end = quote === -1 ? text.length : quote;
        // Nothing but the end of this string is searched in what may be megabytes.
        next = end;
        // Of a string within a string, the quote is escaped.
        while (text[end - 1] === BACKSLASH) end -= 1;
        if (end - start >= MIN_BYTES) yield [start, end];
      }
      if (uri !== -1 && uri < next) uri = part.indexOf(URI_MARK, next, 'latin1');
      if (name !== -1 && name < next) name = part.indexOf(NAME_END, next, 'latin1');
      from = Math.max(from, next);
    }
    yield undefined;
  }
}

/** Where the content of a member's string begins, unless it has a URI's mark, behind which it is found. */
function findValue(text: Buffer, nameEnd: number): number | undefined {
  const colon = skipSpace(text, nameEnd);
  if (text[colon] !== COLON) return undefined;
  const quote = skipSpace(text, colon + 1);
  if (text[quote] !== QUOTE) return undefined;
  const start = quote + 1;
  return text.toString('latin1', start, start + URI.length) === URI ? undefined : start;
}

function skipSpace(text: Buffer, start: number): number {
  let at = start;
  while (at < text.length && text[at]! <= SPACE) at += 1;
  return at;
}

interface SpelledAttachment extends Attachment {
  readonly spelling: number;
}

/** Undefined if it is no base64, nor anything like it. */
function* readAttachment(text: Buffer, start: number, end: number): Steps<SpelledAttachment | undefined> {
  if (!BASE64_LIKE.test(text.toString('latin1', start, start + MIN_BYTES))) return undefined;
  const spelled = text.subarray(start, end);
  const { spelling, base64 } = unescape(spelled);
  const decoded = base64 && (yield* decodeBase64(base64));
  if (decoded !== undefined) return { ...decoded, spelling };
  if (!BASE64_LIKE.test(spelled.toString('latin1'))) return undefined;
  return { sha256: hash('sha256', spelled, 'buffer'), bytes: spelled, spelling: AS_IT_IS };
}

/** Without base64 if it is escaped in none of our ways. */
function unescape(spelled: Buffer): { spelling: number; base64?: Buffer } {
  if (!spelled.includes(BACKSLASH)) return { spelling: PLAIN, base64: spelled };
  const text = spelled.toString('latin1');
  for (const [spelling, [plain, escaped]] of ESCAPES) {
    const base64 = text.replaceAll(escaped, plain);
    if (base64.replaceAll(plain, escaped) === text)
      return { spelling, base64: Buffer.from(base64, 'latin1') };
  }
  return { spelling: AS_IT_IS };
}

/** Undefined unless it is what the bytes are spelled as. */
function* decodeBase64(base64: Buffer): Steps<Attachment | undefined> {
  const bytes = Buffer.allocUnsafe((base64.length / 4) * 3);
  const content = createHash('sha256');
  let end = 0;
  for (let at = 0; at < base64.length; at += STEP) {
    // Padding ends it.
    if (end !== (at / 4) * 3) return undefined;
    const piece = base64.toString('latin1', at, at + STEP);
    const decoded = bytes.subarray(end, end + bytes.write(piece, end, 'base64'));
    if (decoded.toString('base64') !== piece) return undefined;
    content.update(decoded);
    end += decoded.length;
    yield;
  }
  return { sha256: content.digest(), bytes: bytes.subarray(0, end) };
}

function spell(bytes: Buffer, spelling: number): Uint8Array | string {
  if (spelling === AS_IT_IS) return bytes;
  const base64 = bytes.toString('base64');
  if (spelling === PLAIN) return base64;
  const escapes = ESCAPES.get(spelling);
  if (escapes === undefined) throw new Error(DAMAGED);
  return base64.replaceAll(...escapes);
}

interface Place {
  /** In the rest. */
  readonly offset: number;
  readonly spelling: number;
  readonly sha256: Buffer;
}

function spellPlace({ offset, spelling, sha256 }: Place): Buffer {
  const bytes = Buffer.alloc(PLACE_BYTES);
  bytes.writeUInt8(spelling, bytes.writeUInt32BE(offset));
  sha256.copy(bytes, PLACE_BYTES - HASH_BYTES);
  return bytes;
}

/** What is left of a place that is cut off is no place. */
function readPlaces(spelled: Uint8Array): Place[] {
  const bytes = asBuffer(spelled);
  const places: Place[] = [];
  for (let at = HASH_BYTES; at + PLACE_BYTES <= bytes.length; at += PLACE_BYTES) {
    places.push({
      offset: bytes.readUInt32BE(at),
      spelling: bytes.readUInt8(at + 4),
      sha256: bytes.subarray(at + 5, at + PLACE_BYTES),
    });
  }
  return places;
}

/** In order of their hashes, so that whoever needs several locks them in one order. */
function sortUnique<T>(items: readonly T[], readHash: (item: T) => Buffer): T[] {
  const unique = new Map(items.map((item) => [readHash(item).toString('latin1'), item]));
  return [...unique.values()].sort((a, b) => Buffer.compare(readHash(a), readHash(b)));
}
