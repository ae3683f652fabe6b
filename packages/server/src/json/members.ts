// Reads and changes the top-level members of an object in its JSON text. What is not named keeps its bytes, so that
// numbers beyond 2^53, the order of members and the upstream's own spelling survive.

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

const QUOTE = 0x22;
const BACKSLASH = 0x5c;
const COLON = 0x3a;
const COMMA = 0x2c;
const OPEN_BRACE = 0x7b;
const CLOSE_BRACE = 0x7d;
const OPEN_BRACKET = 0x5b;
const CLOSE_BRACKET = 0x5d;

/**
 * The JSON texts of the named members; a name that occurs twice has its last value, as in `JSON.parse`.
 *
 * `json` must be an object that `JSON.parse` accepts, like everywhere in this file.
 */
export function readMembers(json: JsonBytes, names: ReadonlySet<string>): Map<string, JsonBytes> {
  const found = new Map<string, JsonBytes>();
  for (const member of scanMembers(asBuffer(json))) {
    if (names.has(member.name)) found.set(member.name, json.subarray(member.valueStart, member.valueEnd));
  }
  return found;
}

/** Sets members to the given JSON texts, at their old place or else at the end; `undefined` removes them. */
export function changeMembers(
  json: JsonBytes,
  changes: Readonly<Record<string, JsonBytes | string | undefined>>,
): JsonBytes {
  const buffer = asBuffer(json);
  const missing = new Map(Object.entries(changes));
  const members: Uint8Array[] = [];
  const open = buffer.indexOf(OPEN_BRACE);
  let close = skipSpace(buffer, open + 1);
  for (const member of scanMembers(buffer)) {
    close = member.end;
    if (!Object.hasOwn(changes, member.name)) {
      members.push(buffer.subarray(member.start, member.end));
      continue;
    }
    missing.delete(member.name);
    const value = changes[member.name];
    if (value === undefined) continue;
    members.push(
      Buffer.concat([
        buffer.subarray(member.start, member.valueStart),
        toBytes(value),
        buffer.subarray(member.valueEnd, member.end),
      ]),
    );
  }
  for (const [name, value] of missing) {
    if (value !== undefined)
      members.push(Buffer.concat([Buffer.from(`${JSON.stringify(name)}:`), toBytes(value)]));
  }
  const comma = Buffer.of(COMMA);
  const parts = members.flatMap((member, index) => (index === 0 ? [member] : [comma, member]));
  return Buffer.concat([buffer.subarray(0, open + 1), ...parts, buffer.subarray(close)]);
}

/** The array with each element changed; what stands between the elements keeps its bytes. */
export function mapElements(
  json: JsonBytes,
  change: (element: JsonBytes, index: number) => JsonBytes,
): JsonBytes {
  const buffer = asBuffer(json);
  const parts: Uint8Array[] = [];
  let copied = 0;
  let index = 0;
  for (const [start, end] of scanElements(buffer)) {
    parts.push(buffer.subarray(copied, start), change(buffer.subarray(start, end), index));
    copied = end;
    index += 1;
  }
  return Buffer.concat([...parts, buffer.subarray(copied)]);
}

/** The JSON texts of an array's elements. */
export function readElements(json: JsonBytes): JsonBytes[] {
  return Array.from(scanElements(asBuffer(json)), ([start, end]) => json.subarray(start, end));
}

/** How deep the arrays and objects of a JSON text are nested; stops counting above `limit`. */
export function measureDepth(json: JsonBytes, limit: number): number {
  const buffer = asBuffer(json);
  let depth = 0;
  let deepest = 0;
  for (let at = 0; at < buffer.length && deepest <= limit; at++) {
    const byte = buffer[at];
    if (byte === QUOTE) at = skipString(buffer, at) - 1;
    else if (byte === OPEN_BRACE || byte === OPEN_BRACKET) deepest = Math.max(deepest, ++depth);
    else if (byte === CLOSE_BRACE || byte === CLOSE_BRACKET) depth -= 1;
  }
  return deepest;
}

function* scanMembers(json: Buffer): Generator<Member> {
  let start = json.indexOf(OPEN_BRACE) + 1;
  for (;;) {
    const nameStart = skipSpace(json, start);
    if (json[nameStart] !== QUOTE) return;
    const nameEnd = skipString(json, nameStart);
    const colon = skipSpace(json, nameEnd);
    if (json[colon] !== COLON) return;
    const valueStart = skipSpace(json, colon + 1);
    const valueEnd = skipValue(json, valueStart);
    const end = skipSpace(json, valueEnd);
    yield { name: readName(json, nameStart, nameEnd), start, end, valueStart, valueEnd };
    if (json[end] !== COMMA) return;
    start = end + 1;
  }
}

function* scanElements(json: Buffer): Generator<readonly [start: number, end: number]> {
  let start = skipSpace(json, json.indexOf(OPEN_BRACKET) + 1);
  while (start < json.length && json[start] !== CLOSE_BRACKET) {
    const end = skipValue(json, start);
    if (end === start) return;
    yield [start, end];
    const comma = skipSpace(json, end);
    if (json[comma] !== COMMA) return;
    start = skipSpace(json, comma + 1);
  }
}

function readName(json: Buffer, start: number, end: number): string {
  const text = json.toString('utf8', start, end);
  return text.includes('\\') ? String(JSON.parse(text)) : text.slice(1, -1);
}

function skipSpace(json: Buffer, at: number): number {
  // Everything up to the space is white space where JSON allows any.
  while (at < json.length && (json[at] ?? 0) <= 0x20) at += 1;
  return at;
}

/** From an opening quote to just behind the closing one. */
function skipString(json: Buffer, start: number): number {
  const quote = json.indexOf(QUOTE, start + 1);
  if (quote === -1) return json.length;
  if (json[quote - 1] !== BACKSLASH) return quote + 1;
  // A search for each of many escaped quotes would cost more than looking at every byte.
  for (let at = start + 1; at < json.length; at++) {
    if (json[at] === BACKSLASH) at += 1;
    else if (json[at] === QUOTE) return at + 1;
  }
  return json.length;
}

function skipValue(json: Buffer, start: number): number {
  const first = json[start];
  if (first === QUOTE) return skipString(json, start);
  let depth = 0;
  for (let at = start; at < json.length; at++) {
    const byte = json[at];
    if (byte === QUOTE) {
      at = skipString(json, at) - 1;
    } else if (byte === OPEN_BRACE || byte === OPEN_BRACKET) {
      depth += 1;
    } else if (byte === CLOSE_BRACE || byte === CLOSE_BRACKET) {
      if (depth === 0) return at;
      depth -= 1;
      if (depth === 0) return at + 1;
    } else if (depth === 0 && (byte === COMMA || (byte ?? 0) <= 0x20)) {
      return at;
    }
  }
  return json.length;
}

function asBuffer(bytes: Uint8Array): Buffer {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
}

function toBytes(value: JsonBytes | string): Uint8Array {
  return typeof value === 'string' ? Buffer.from(value) : value;
}
