// Most chunks of a stream differ from the one before in the text that they add, and in nothing else. Such a chunk needs no
// parsing: the text is cut out where the one before had its own, and many of them are merged as one chunk.

import type { ChatCompletionChunk } from '@colloquy/client/contract';

import { readElements, readMembers, type JsonBytes } from '../json/members.ts';
import { isObject, type JsonObject } from '../json/parse-object.ts';

/** What is larger is no token, and is read as any JSON. */
const MAX_LENGTH = 16_384;

const LINE_FEED = 0x0a;
const QUOTE = 0x22;

/** The rest of a string of JSON, with its closing quote: what RFC 8259 calls unescaped, and escapes. */
const STRING_END = /[ !#-[\]-\uffff]*(?:\\(?:["\\/bfnrt]|u[\dA-Fa-f]{4})[ !#-[\]-\uffff]*)*"/y;

/** A chunk with holes where its text and its padding stand. */
export interface ChunkPattern {
  /** Up to the text, with the opening quote. */
  readonly before: string;
  /** From the closing quote on; if there is padding, to its opening quote. */
  readonly behind: string;
  /** From the closing quote of the padding on: OpenAI pads its chunks to hide the lengths of tokens. */
  readonly behindPadding: string | undefined;
}

/** The pattern of a chunk as it came, and as it is sent on. */
export interface ChunkPatterns {
  readonly received: ChunkPattern;
  readonly sent: ChunkPattern;
}

/** What stands in the holes, as JSON, without quotes. */
export interface ChunkFilling {
  readonly text: string;
  readonly padding: string;
}

/**
 * The patterns of a chunk, from its JSON texts. Undefined if others like it could not be merged as one, since something
 * outside the holes changes the completion also the second time; and if a text has several lines.
 */
export function findChunkPatterns(
  chunk: JsonObject,
  received: JsonBytes,
  sent: JsonBytes,
): ChunkPatterns | undefined {
  if (received.length > MAX_LENGTH || received.includes(LINE_FEED)) return undefined;
  const path = findText(chunk);
  const [from, to] = path === undefined ? [] : [cutOut(received, path), cutOut(sent, path)];
  return from && to && { received: from, sent: to };
}

/** What the chunk has in the holes; undefined if it is not like the others, or not JSON. */
export function matchChunk(
  { before, behind, behindPadding }: ChunkPattern,
  data: string,
): ChunkFilling | undefined {
  if (data.length > MAX_LENGTH || !stands(before, data, 0)) return undefined;
  const textEnd = skipString(data, before.length);
  if (textEnd === -1 || !stands(behind, data, textEnd)) return undefined;
  const text = data.slice(before.length, textEnd);
  const behindText = textEnd + behind.length;
  if (behindPadding === undefined) return behindText === data.length ? { text, padding: '' } : undefined;
  const paddingEnd = skipString(data, behindText);
  if (paddingEnd === -1 || data.length !== paddingEnd + behindPadding.length) return undefined;
  return stands(behindPadding, data, paddingEnd)
    ? { text, padding: data.slice(behindText, paddingEnd) }
    : undefined;
}

/** `startsWith` takes three times as long. */
function stands(part: string, text: string, start: number): boolean {
  return text.slice(start, start + part.length) === part;
}

export function fillChunk(
  { before, behind, behindPadding }: ChunkPattern,
  { text, padding }: ChunkFilling,
): string {
  const filled = before + text + behind;
  return behindPadding === undefined ? filled : filled + padding + behindPadding;
}

/** From behind an opening quote to the closing one; -1 if it is no string of JSON. */
function skipString(text: string, start: number): number {
  STRING_END.lastIndex = start;
  return STRING_END.test(text) ? STRING_END.lastIndex - 1 : -1;
}

type Path = readonly [choices: 'choices', delta: 'delta', ...names: string[]];

/** Where the text of a chunk stands that adds nothing else. */
function findText({ choices }: JsonObject): Path | undefined {
  const [choice, ...others] = Array.isArray(choices) ? (choices as unknown[]) : [];
  // Log probabilities are lists that grow.
  if (!isObject(choice) || others.length > 0 || isObject(choice['logprobs'])) return undefined;
  const { delta } = choice as unknown as ChatCompletionChunk.Choice;
  if (!isObject(delta)) return undefined;
  const { role: _role, ...members } = delta;
  const added = findAdded(members);
  if (added === undefined) return undefined;
  if (typeof members[added] === 'string') return ['choices', 'delta', added];
  const call = added === 'tool_calls' ? findOnly(members[added]) : undefined;
  // A name would begin a call, and the input of a custom one grows as well.
  if (!isObject(call) || isObject(call['custom']) || !isObject(call['function'])) return undefined;
  const target = call['function'];
  return findAdded(target) === 'arguments' && typeof target['arguments'] === 'string'
    ? ['choices', 'delta', 'tool_calls', 'function', 'arguments']
    : undefined;
}

/** The only member that adds anything. */
function findAdded(members: JsonObject): string | undefined {
  const names = Object.keys(members).filter((name) => members[name] !== null && members[name] !== '');
  return names.length === 1 ? names[0] : undefined;
}

function findOnly(list: unknown): unknown {
  return Array.isArray(list) && list.length === 1 ? list[0] : undefined;
}

function cutOut(json: JsonBytes, path: Path): ChunkPattern | undefined {
  const text = follow(json, path);
  if (text === undefined) return undefined;
  const [textStart, textEnd] = findInside(json, text);
  const padding = readMembers(json, new Set(['obfuscation'])).get('obfuscation');
  const read = (start: number, end: number): string => Buffer.from(json.subarray(start, end)).toString();
  const before = read(0, textStart);
  if (padding?.[0] !== QUOTE) {
    return { before, behind: read(textEnd, json.length), behindPadding: undefined };
  }
  const [paddingStart, paddingEnd] = findInside(json, padding);
  if (paddingStart < textEnd) return undefined;
  return {
    before,
    behind: read(textEnd, paddingStart),
    behindPadding: read(paddingEnd, json.length),
  };
}

/** The value at the end of the path, which goes through lists of one. */
function follow(json: JsonBytes, path: Path): JsonBytes | undefined {
  let value: JsonBytes | undefined = json;
  for (const name of path) {
    value = value && readMembers(value, new Set([name])).get(name);
    if (name === 'choices' || name === 'tool_calls') value = value && readElements(value)[0];
  }
  return value?.[0] === QUOTE ? value : undefined;
}

/** Where the inside of a string lies in the text of which it is a view. */
function findInside(json: JsonBytes, string: JsonBytes): readonly [start: number, end: number] {
  const start = string.byteOffset - json.byteOffset;
  return [start + 1, start + string.length - 1];
}
