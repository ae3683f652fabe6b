import assert from 'node:assert/strict';
import { describe, it } from 'node:test';

import fc from 'fast-check';

import { idBound, isCompletionId, mintCompletionId, readMintedAtMs } from '../src/completion-id.ts';

/** Beyond any clock that the other tests read; each test that sets the clock begins behind the one before. */
const FUTURE_MS = Date.UTC(2035, 0);

/** Each sorts behind the one before: so none occurs twice. */
function assertAscending(ids: readonly string[]): void {
  const fault = ids.findIndex((id, index) => index > 0 && id <= ids[index - 1]!);
  assert.equal(fault, -1, `${ids[fault]} follows ${ids[fault - 1]}`);
}

describe('mintCompletionId', () => {
  const many = Array.from({ length: 100_000 }, () => mintCompletionId());

  it('makes an id like those of OpenAI', () => {
    assert.match(mintCompletionId(), /^chatcmpl-[0-9A-Za-z]{29}$/);
  });

  it('makes ids that sort in the order in which they were made, each another', () => {
    assertAscending(many);
  });

  it('leaves a random part that nobody guesses', () => {
    assert.equal(new Set(many.map((id) => id.slice(-20))).size, many.length);
    // Every digit is used at every place; by chance, one would be missing once in e^1600 runs.
    for (let place = 1; place <= 20; place++) {
      assert.equal(new Set(many.map((id) => id.at(-place))).size, 62);
    }
  });

  it('says when it was called', () => {
    const before = Date.now();
    const mintedAt = readMintedAtMs(mintCompletionId());
    // The tests above may have made more than 4096 ids in a millisecond: the rest borrow from the next ones.
    assert.ok(mintedAt >= before && mintedAt <= Date.now() + 1000);
  });

  it('says when it was called, for any clock that goes on', () => {
    fc.assert(
      fc.property(fc.array(fc.nat({ max: 10_000 }), { maxLength: 50 }), (steps) => {
        let now = Math.max(FUTURE_MS, readMintedAtMs(mintCompletionId(0)));
        for (const step of steps) {
          now += step + 1;
          assert.equal(readMintedAtMs(mintCompletionId(now)), now);
        }
      }),
    );
  });

  it('keeps the order while the clock stands still, or goes back', () => {
    const start = readMintedAtMs(mintCompletionId(0)) + 1000;
    fc.assert(
      fc.property(fc.array(fc.integer({ min: -86_400_000, max: 1000 })), (offsets) => {
        const ids = offsets.map((offset) => mintCompletionId(start + offset));
        assertAscending(ids);
      }),
    );
  });

  it('keeps the order where the digits carry over', () => {
    // So many in a row carry over to the third digit from the right, and to the milliseconds behind.
    const start = readMintedAtMs(mintCompletionId(0)) + 1000;
    const ids = Array.from({ length: 3 * 4096 }, () => mintCompletionId(start));
    assertAscending(ids);
    assert.equal(readMintedAtMs(ids[4095]!), start);
    assert.equal(readMintedAtMs(ids[4096]!), start + 1);
    assert.equal(readMintedAtMs(ids[2 * 4096]!), start + 2);
  });
});

describe('isCompletionId', () => {
  it('knows our ids', () => {
    assert.equal(isCompletionId(mintCompletionId()), true);
    assert.equal(isCompletionId(`chatcmpl-${'0'.repeat(29)}`), true);
    assert.equal(isCompletionId(`chatcmpl-${'z'.repeat(29)}`), true);
  });

  it('knows no other', () => {
    const digits = 'A'.repeat(28);
    const others = [
      '',
      'chatcmpl-',
      'chatcmpl-123',
      `chatcmpl-${digits}`,
      `chatcmpl-${digits}AA`,
      `chatcmpl-${digits}-`,
      `chatcmpl-${digits}_`,
      `chatcmpl-${digits}é`,
      `chatcmpl-${digits}\n`,
      `chatcmpl-${digits}A\n`,
      ` chatcmpl-${digits}A`,
      `Chatcmpl-${digits}A`,
      `chatcmpl_${digits}A`,
      `x${mintCompletionId()}`,
    ];
    for (const id of others) assert.equal(isCompletionId(id), false, JSON.stringify(id));
  });
});

describe('idBound', () => {
  it('stands between the ids of a time and those before it', () => {
    const start = readMintedAtMs(mintCompletionId(0)) + 1000;
    const [before, at] = [mintCompletionId(start), mintCompletionId(start + 1)];
    assert.ok(before < idBound(start + 1) && idBound(start + 1) < at);
    assert.ok(idBound(0) < before);
  });

  it('takes times that no id can have', () => {
    assert.equal(idBound(-1), idBound(0));
    assert.ok(idBound(Number.MAX_SAFE_INTEGER) > mintCompletionId());
  });
});
