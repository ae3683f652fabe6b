import assert from 'node:assert/strict';
import { describe, it } from 'node:test';

import { Health } from '../../src/upstream/health.ts';
import { createTestTiming } from './test-timing.ts';

function open() {
  const timing = createTestTiming();
  const health = new Health(timing);
  const fail = (times: number) => Array.from({ length: times }, () => health.noteFailure());
  return { timing, health, fail };
}

describe('The health of an upstream', () => {
  it('is not doubted for one failure, nor for two', () => {
    const { health, fail } = open();
    assert.deepEqual(fail(2), [false, false]);
    assert.deepEqual([health.isFailing, health.isResting], [false, false]);
  });

  it('is not doubted for failures with answers between', () => {
    const { health, fail } = open();
    for (let count = 0; count < 10; count += 1) {
      fail(2);
      assert.equal(health.noteAnswer(), false);
    }
    assert.equal(health.isFailing, false);
  });

  it('is bad after three failures in a row: it rests for a second', () => {
    const { timing, health, fail } = open();
    assert.deepEqual(fail(3), [false, false, true]);
    timing.pass(999);
    assert.deepEqual([health.isFailing, health.isResting], [true, true]);
    timing.pass(1);
    assert.deepEqual([health.isFailing, health.isResting], [true, false]);
  });

  it('is tried by one request after each rest, and the rests double up to half a minute', () => {
    const { timing, health, fail } = open();
    fail(3);
    timing.pass(1000);
    for (const restMs of [2000, 4000, 8000, 16_000, 30_000, 30_000]) {
      assert.equal(health.isResting, false);
      health.noteCall();
      assert.equal(health.isResting, true, 'the next one is kept away while the first is on its way');
      health.noteFailure();
      timing.pass(restMs - 1);
      assert.equal(health.isResting, true);
      timing.pass(1);
    }
  });

  it('does not rest longer for many failures at the same time', () => {
    const { timing, health, fail } = open();
    assert.equal(fail(1000).filter(Boolean).length, 1);
    timing.pass(1000);
    assert.equal(health.isResting, false);
  });

  it('does not rest longer for calls that were made because nobody else could be asked', () => {
    const { timing, health, fail } = open();
    fail(3);
    for (let count = 0; count < 10; count += 1) {
      health.noteCall();
      health.noteFailure();
    }
    timing.pass(1000);
    assert.equal(health.isResting, false);
  });

  it('is good again with the first answer', () => {
    const { health, fail } = open();
    fail(3);
    assert.equal(health.noteAnswer(), true);
    assert.deepEqual([health.isFailing, health.isResting], [false, false]);
    assert.deepEqual(fail(2), [false, false]);
  });

  it('has no part in a rest that the upstream asks for, which is a minute at most', () => {
    const { timing, health } = open();
    health.noteBusy(5000);
    health.noteAnswer();
    assert.deepEqual([health.isFailing, health.isResting], [false, true]);
    timing.pass(5000);
    assert.equal(health.isResting, false);
    health.noteBusy(86_400_000);
    timing.pass(60_000);
    assert.equal(health.isResting, false);
  });
});
