import assert from 'node:assert/strict';
import { describe, it } from 'node:test';

import fc from 'fast-check';

import { readText, spellKey, spellText } from '../../../src/storage/postgres/text.ts';

/** Any units of UTF-16, halves of surrogate pairs and NUL included. */
const text = fc.oneof(
  fc.string({ unit: fc.nat({ max: 0xffff }).map((unit) => String.fromCharCode(unit)) }),
  fc.string({ unit: fc.constantFrom('\\', '"', '\u0000', '\n', '\ud800', '\udc00', 'a', '😀') }),
);

describe('a text', () => {
  it('comes back from its spelling, which PostgreSQL takes', () => {
    fc.assert(
      fc.property(text, (given) => {
        const spelled = spellText(given);
        assert.ok(spelled.isWellFormed() && !spelled.includes('\u0000'));
        assert.equal(readText(spelled), given);
      }),
    );
  });

  it('is its own spelling nearly always', () => {
    for (const given of ['', 'gpt-4', 'Über-Modell', '日本語', '😀', "it's", '%', '{}'])
      assert.equal(spellText(given), given);
  });

  it('is what a name must be', () => {
    for (const given of [1, null, undefined, {}, ['a']])
      assert.throws(() => spellText(given as string), TypeError);
  });
});

describe('a key', () => {
  it('is the text, or short if that is long; each has its own', () => {
    const texts = [
      'a',
      'a'.repeat(512),
      'a'.repeat(513),
      'é'.repeat(256),
      'é'.repeat(257),
      '\u0000'.repeat(86),
    ];
    const keys = texts.map(spellKey);
    for (const key of keys) assert.ok(Buffer.byteLength(key) <= 512, key);
    assert.equal(new Set([...keys, ...keys.map(spellKey)]).size, keys.length * 2 - 3);
    assert.deepEqual(texts.map(spellKey), keys);
  });
});
