import assert from 'node:assert/strict';
import { it } from 'node:test';

import { hashLastCell } from '../../../src/upstream/eliza/memory.ts';

// In the codes of the machine HERE is octal 302551256060; its square, shifted by 34 bits, ends in binary 11.
it('hashes as the machine of 1966 did', () => {
  assert.deepEqual(['here', 'kids', 'time'].map(hashLastCell), [3, 1, 0]);
});

it('looks at the last cell of six characters only', () => {
  assert.equal(hashLastCell('abcdefhere'), hashLastCell('here'));
  assert.equal(hashLastCell('gloucestershire'), hashLastCell('ire'));
});

it('gives one of four for any word', () => {
  for (const word of ['', 'é', '東京', '🗼', '~']) {
    assert.ok([0, 1, 2, 3].includes(hashLastCell(word)), word);
  }
});
