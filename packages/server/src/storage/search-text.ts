// What full text search sees of a completion, and of a query. An index may only forget what it is given once more: for the
// completions that it holds, this must give the same words for ever. A change here needs migrations that make each index
// anew.

import { hash } from 'node:crypto';

import { readElements, readMembers, type JsonBytes } from '../json/members.ts';
import type { CompletionStatus } from './storage.ts';

const QUOTE = 0x22;
const NOTHING = new Uint8Array();

/**
 * Scripts that put no space between words: each of their characters is indexed as a word. Thai, Lao, Burmese, Khmer, kana
 * and Han, as ranges, since classes of scripts are many times slower here.
 */
const UNSPACED =
  /[\u0e00-\u0eff\u1000-\u109f\u1780-\u17ff\u3005-\u3007\u3040-\u30ff\u31f0-\u31ff\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff\uff66-\uff9f]/g;

/** What is taken for a part of a word. */
const WORD = /[\p{L}\p{M}\p{N}\p{Co}]/u;

/** The texts that went into the model and came out of it. */
export function readSearchText(request: JsonBytes, response: JsonBytes): string {
  const texts = [
    ...readElements(readMember(request, 'messages')).flatMap(readMessage),
    ...readElements(readMember(response, 'choices')).flatMap((choice) =>
      readMessage(readMember(choice, 'message')),
    ),
  ];
  return splitWords(texts.join('\n'));
}

/** One word, half a hash, that nobody hits upon: what is found in it is of that project and status. */
export function spellScope(project: string, status: CompletionStatus): string {
  return hash('sha256', JSON.stringify([project, status])).slice(0, 32);
}

/**
 * Words, and "phrases" of several; a quote that is not closed ends with the query. None holds a quote, and each holds
 * something that is a part of a word.
 */
export function readPhrases(q: string): string[] {
  const phrases = Array.from(q.matchAll(/"([^"]*)"?|[^\s"]+/g), ([word, phrase]) => phrase ?? word);
  return phrases.filter((phrase) => WORD.test(phrase)).map(splitWords);
}

function splitWords(text: string): string {
  // A NUL would end the text.
  return text.replace(UNSPACED, ' $& ').replaceAll('\0', ' ');
}

function readMessage(message: JsonBytes): string[] {
  return [...readContent(readMember(message, 'content')), ...readString(readMember(message, 'refusal'))];
}

/** A text, or a list of parts. */
function readContent(content: JsonBytes): string[] {
  if (content[0] === QUOTE) return readString(content);
  return readElements(content).flatMap((part) => readString(readMember(part, 'text')));
}

/** Empty if there is none, or no object: what is kept need not be what the API describes. */
function readMember(json: JsonBytes, name: string): JsonBytes {
  return readMembers(json, new Set([name])).get(name) ?? NOTHING;
}

function readString(json: JsonBytes): string[] {
  if (json[0] !== QUOTE) return [];
  try {
    return [String(JSON.parse(Buffer.from(json).toString()))];
  } catch {
    return [];
  }
}
