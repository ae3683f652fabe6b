import assert from 'node:assert/strict';
import { it } from 'node:test';

import fc from 'fast-check';

import { decompose, parsePattern } from '../../../src/upstream/eliza/decompose.ts';
import { toWord } from '../../../src/upstream/eliza/words.ts';

const FAMILIES = new Map([['/family', new Set(['mother', 'father'])]]);

function takeApart(pattern: string, text: string): string[] | undefined {
  const words = text.split(' ').filter((word) => word !== '');
  return decompose(parsePattern(pattern, FAMILIES), words.map(toWord))?.map((fragment) =>
    fragment.map((word) => word.text).join(' '),
  );
}

it('matches words whatever their case, and gives them back as they are', () => {
  assert.deepEqual(takeApart('0 you ARE 0', 'Today You are sad'), ['Today', 'You', 'are', 'sad']);
});

it('lets 0 stand for no word at all', () => {
  assert.deepEqual(takeApart('0 you 0', 'you'), ['', 'you', '']);
  assert.deepEqual(takeApart('0', ''), ['']);
});

it('takes as few words for each 0 as it can', () => {
  assert.deepEqual(takeApart('0 you 0 me 0', 'you a you b me c me'), ['', 'you', 'a you b', 'me', 'c me']);
});

it('stretches the last 0 until the end fits', () => {
  assert.deepEqual(takeApart('0 I 0 you', 'I tell you that I like you'), [
    '',
    'I',
    'tell you that I like',
    'you',
  ]);
  assert.equal(takeApart('0 I 0 you', 'I like you a lot'), undefined);
});

it('starts over behind a false beginning', () => {
  assert.deepEqual(takeApart('0 a b 0', 'a a a b c'), ['a a', 'a', 'b', 'c']);
});

it('takes exactly as many words as a number says', () => {
  assert.deepEqual(takeApart('0 you 2', 'now you see me'), ['now', 'you', 'see me']);
  assert.equal(takeApart('0 you 2', 'now you see'), undefined);
});

it('takes one word of a choice or of a family', () => {
  assert.deepEqual(takeApart('you want|need 0', 'you need help'), ['you', 'need', 'help']);
  assert.deepEqual(takeApart('your /family', 'your father'), ['your', 'father']);
  assert.equal(takeApart('your /family', 'your cat'), undefined);
});

it('loses no word, and matches exactly what a search through all ways to match finds', () => {
  const element = fc.constantFrom('0', '0', '1', '2', 'a', 'b', 'a|b');
  const pattern = fc.array(element, { minLength: 1, maxLength: 6 });
  fc.assert(
    fc.property(pattern, fc.array(fc.constantFrom('a', 'b', 'c'), { maxLength: 8 }), (elements, words) => {
      const fragments = takeApart(elements.join(' '), words.join(' '));
      assert.equal(fragments !== undefined, canMatch(elements, words));
      if (fragments !== undefined) assert.equal(fragments.filter(Boolean).join(' '), words.join(' '));
    }),
    { numRuns: 2000 },
  );
});

function canMatch([first, ...rest]: string[], words: string[]): boolean {
  if (first === undefined) return words.length === 0;
  if (first === '0')
    return words.some((_, skipped) => canMatch(rest, words.slice(skipped))) || canMatch(rest, []);
  if (/\d/.test(first)) return words.length >= Number(first) && canMatch(rest, words.slice(Number(first)));
  return first.split('|').includes(words[0] ?? '') && canMatch(rest, words.slice(1));
}
