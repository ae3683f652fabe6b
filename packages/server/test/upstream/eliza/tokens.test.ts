import assert from 'node:assert/strict';
import { it } from 'node:test';

import fc from 'fast-check';

import { splitTokens } from '../../../src/upstream/eliza/tokens.ts';

it('splits into words and punctuation marks, each with the space before it', () => {
  assert.deepEqual(splitTokens("Oh, I don't know…"), ['Oh', ',', ' I', " don't", ' know', '…']);
});

it('has none for an empty text', () => {
  assert.deepEqual(splitTokens(''), []);
});

it('loses nothing', () => {
  fc.assert(
    fc.property(fc.string({ unit: 'binary' }), (text) => {
      assert.equal(splitTokens(text).join(''), text);
      assert.ok(!splitTokens(text).includes(''));
    }),
  );
});
