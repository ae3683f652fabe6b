import assert from 'node:assert/strict';
import { describe, it } from 'node:test';

import { readRetryAfterMs } from '../../src/upstream/read-retry-after.ts';

const NOW = Date.UTC(2026, 0, 2, 3, 4, 5);

describe('readRetryAfterMs', () => {
  it('reads seconds, whole and broken, and milliseconds', () => {
    assert.equal(readRetryAfterMs({ 'retry-after': '7' }), 7000);
    assert.equal(readRetryAfterMs({ 'retry-after': '0.5' }), 500);
    assert.equal(readRetryAfterMs({ 'retry-after': '0' }), 0);
    assert.equal(readRetryAfterMs({ 'retry-after-ms': '250' }), 250);
  });

  it('prefers milliseconds, where they can be read', () => {
    assert.equal(readRetryAfterMs({ 'retry-after-ms': '250', 'retry-after': '7' }), 250);
    assert.equal(readRetryAfterMs({ 'retry-after-ms': 'soon', 'retry-after': '7' }), 7000);
  });

  it('reads a date; one in the past says now', (t) => {
    t.mock.timers.enable({ apis: ['Date'], now: NOW });
    const inTime = (ms: number) => readRetryAfterMs({ 'retry-after': new Date(NOW + ms).toUTCString() });
    assert.equal(inTime(9000), 9000);
    assert.equal(inTime(-9000), 0);
  });

  it('does not guess', () => {
    assert.equal(readRetryAfterMs({}), undefined);
    for (const value of [
      '',
      ' ',
      '-1',
      '1e3',
      '0x10',
      'soon',
      'Infinity',
      'NaN',
      '2026-01-02',
      '-5 May',
      '1, 2',
    ]) {
      assert.equal(readRetryAfterMs({ 'retry-after': value }), undefined, value);
    }
    assert.equal(readRetryAfterMs({ 'retry-after': ['1', '2'] }), undefined);
  });
});
