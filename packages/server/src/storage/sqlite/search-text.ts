// What full text search sees of a completion. The index can only forget what it is given once more: for the completions
// that it holds, this must give the same words for ever. A change here needs a migration that makes the index anew.

import { hash } from 'node:crypto';

import { readElements, readMembers, type JsonBytes } from '../../json/members.ts';
import type { ListQuery, StoredCompletion } from '../storage.ts';
import { listFilters, queryFilters, type Filter } from './filters.ts';

const QUOTE = 0x22;
const NOTHING = new Uint8Array();

/** Scripts that put no space between words: each of their characters is indexed as a word. */
const UNSPACED =
  /[\p{Script=Han}\p{Script=Hiragana}\p{Script=Katakana}\p{Script=Thai}\p{Script=Lao}\p{Script=Khmer}\p{Script=Myanmar}]/gu;

/** What the tokenizer takes for a part of a word. */
const WORD = /[\p{L}\p{M}\p{N}\p{Co}]/u;

export interface SearchText {
  readonly text: string;
  /** One word for each thing that lists can be narrowed by. */
  readonly labels: string;
}

/** The texts that went into the model and came out of it. */
export function readSearchText(completion: StoredCompletion, request: JsonBytes): SearchText {
  const texts = [
    ...readElements(readMember(request, 'messages')).flatMap(readMessage),
    ...readElements(readMember(completion.response, 'choices')).flatMap((choice) =>
      readMessage(readMember(choice, 'message')),
    ),
  ];
  const { project, status } = completion;
  const labels = [
    scopeLabel(project, status),
    ...listFilters(completion).map((filter) => filterLabel(project, status, filter)),
  ];
  return { text: splitWords(texts.join('\n')), labels: labels.join(' ') };
}

/** The query in the language of FTS5; undefined if there is no word in it. @see https://www.sqlite.org/fts5.html */
export function composeMatch(project: string, query: ListQuery, q: string): string | undefined {
  const phrases = readPhrases(q);
  if (phrases.length === 0) return undefined;
  const filters = queryFilters(query);
  const { status } = query;
  const labels =
    filters.length === 0
      ? [scopeLabel(project, status)]
      : filters.map((filter) => filterLabel(project, status, filter));
  return `labels : (${labels.join(' AND ')}) AND text : (${phrases.map(quote).join(' AND ')})`;
}

/** Words, and "phrases" of several; a quote that is not closed ends with the text. */
function readPhrases(q: string): string[] {
  const phrases = Array.from(q.matchAll(/"([^"]*)"?|[^\s"]+/g), ([word, phrase]) => phrase ?? word);
  return phrases.filter((phrase) => WORD.test(phrase));
}

function quote(phrase: string): string {
  return `"${splitWords(phrase)}"`;
}

function splitWords(text: string): string {
  // A NUL would end the text.
  return text.replace(UNSPACED, ' $& ').replaceAll('\0', ' ');
}

function scopeLabel(project: string, status: string): string {
  return digest([project, status]);
}

/** With the project and the status in it: what is found needs no second look. */
function filterLabel(project: string, status: string, filter: Filter): string {
  return digest([project, status, ...filter]);
}

/** Half a hash, in letters and digits, is one word that nobody hits upon. */
function digest(parts: readonly string[]): string {
  return hash('sha256', JSON.stringify(parts)).slice(0, 32);
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
