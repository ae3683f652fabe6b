// Decomposition: a pattern takes a clause apart into numbered fragments, which an answer is put together from.

import type { Word } from './words.ts';

/** How many words an element takes, 0 for any number; or the words of which it takes one. */
export type Pattern = readonly (number | ReadonlySet<string>)[];

/**
 * Reads a pattern in the notation of the paper, a little plainer.
 *
 * `0` is any number of words, `2` is two words, `want|need` is either word, `/family` is one word of that family.
 */
export function parsePattern(notation: string, families: ReadonlyMap<string, ReadonlySet<string>>): Pattern {
  return notation
    .toLowerCase()
    .split(' ')
    .map((element) => {
      if (/^\d+$/.test(element)) return Number(element);
      return families.get(element) ?? new Set(element.split('|'));
    });
}

/**
 * One fragment for each element, every `0` as short as it can be; undefined if the words do not match.
 *
 * Only the latest `0` is ever stretched: what stands before it already matched at its earliest place, and moving
 * that could not help. The cost is thus words × elements, where plain backtracking is exponential in the `0`s.
 */
export function decompose(pattern: Pattern, words: readonly Word[]): Word[][] | undefined {
  const starts: number[] = [];
  let element = 0;
  let position = 0;
  let wildcard: { readonly element: number; end: number } | undefined;

  while (element < pattern.length || position < words.length) {
    const width = measureElement(pattern[element], words, position);
    if (width !== undefined) {
      starts[element] = position;
      if (pattern[element] === 0) wildcard = { element, end: position };
      position += width;
      element += 1;
    } else {
      if (wildcard === undefined || wildcard.end >= words.length) return undefined;
      wildcard.end += 1;
      position = wildcard.end;
      element = wildcard.element + 1;
    }
  }
  return pattern.map((_, index) => words.slice(starts[index], starts[index + 1] ?? words.length));
}

/** The number of words that an element takes from this position on; undefined if they do not fit. */
function measureElement(element: Pattern[number] | undefined, words: readonly Word[], position: number) {
  if (typeof element === 'number') return position + element <= words.length ? element : undefined;
  const word = words[position];
  return word !== undefined && element?.has(word.key) === true ? 1 : undefined;
}
