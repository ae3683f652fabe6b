import assert from 'node:assert/strict';
import { it } from 'node:test';

import { KEYWORDS, MEMORY } from '../../../src/upstream/eliza/script.ts';

const RULES = [...KEYWORDS].flatMap(([word, { rules }]) => rules.map((rule) => ({ word, ...rule })));

it('links only to keywords that have rules', () => {
  for (const { word, replies } of RULES) {
    for (const reply of replies) {
      if (typeof reply !== 'object') continue;
      assert.ok((KEYWORDS.get(reply.link)?.rules.length ?? 0) > 0, `${word} → ${reply.link}`);
    }
  }
});

it('asks only for fragments that the pattern has', () => {
  for (const { word, pattern, replies } of [...RULES, { word: 'MEMORY', ...MEMORY }]) {
    const templates = replies.map((reply) => (typeof reply === 'object' ? (reply.pre ?? '') : String(reply)));
    const places = templates.flatMap((template) =>
      [...template.matchAll(/\{(\d)\}/g)].map((match) => Number(match[1])),
    );
    for (const place of places) assert.ok(place >= 1 && place <= pattern.length, `${word}: {${place}}`);
  }
});

it('reaches every family it names', () => {
  for (const { word, pattern } of RULES) {
    const unknown = pattern.filter(
      (element) => typeof element === 'object' && [...element].join().includes('/'),
    );
    assert.deepEqual(unknown, [], word);
  }
});

it('remembers by a keyword that it listens for', () => {
  assert.ok(KEYWORDS.has(MEMORY.keyword));
});
