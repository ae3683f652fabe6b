import assert from 'node:assert/strict';
import { describe, it } from 'node:test';

import { SteadyClock } from '../../src/retention/steady-clock.ts';
import { START, TestClock } from './test-clock.ts';

const HOUR = 3_600_000;
const DAY = 24 * HOUR;
const YEAR = 365 * DAY;
function make(witnessedMs = START): { clock: TestClock; steady: SteadyClock } {
  const clock = new TestClock();
  return { clock, steady: new SteadyClock(clock, witnessedMs) };
}

describe('A steady clock', () => {
  it('is the clock, as long as that goes as time does', () => {
    const { clock, steady } = make();
    for (let hour = 0; hour < 1000; hour += 1) {
      assert.equal(steady.read(), START + hour * HOUR);
      clock.pass(HOUR);
    }
  });

  it('does not leap with it, and knows nothing of a leap that was taken back', () => {
    const { clock, steady } = make();
    clock.leap(10 * YEAR);
    assert.equal(steady.read(), START);
    clock.pass(DAY - 1);
    assert.equal(steady.read(), START + DAY - 1);
    clock.leap(-10 * YEAR);
    assert.equal(steady.read(), START + DAY - 1);
    clock.pass(10 * DAY);
    assert.equal(steady.read(), START + 11 * DAY - 1);
  });

  it('believes a leap that has stood for as long, or for a day', () => {
    const { clock, steady } = make();
    clock.leap(8 * HOUR);
    assert.equal(steady.read(), START);
    clock.pass(8 * HOUR - 1);
    assert.equal(steady.read(), START + 8 * HOUR - 1);
    clock.pass(1);
    assert.equal(steady.read(), START + 16 * HOUR);
    clock.leap(YEAR);
    assert.equal(steady.read(), START + 16 * HOUR);
    clock.pass(DAY);
    assert.equal(steady.read(), START + YEAR + DAY + 16 * HOUR);
  });

  it('lets each leap stand for itself: nights of sleep do not make up for another', () => {
    const { clock, steady } = make();
    for (let day = 0; day < 30; day += 1) {
      clock.leap(14 * HOUR);
      steady.read();
      clock.pass(10 * HOUR);
      // What is behind is never more than what was slept in the last days.
      assert.ok(clock.now() - steady.read() <= 2 * 14 * HOUR);
    }
    const before = steady.read();
    clock.leap(YEAR);
    steady.read();
    clock.pass(HOUR);
    assert.ok(steady.read() - before <= 2 * 14 * HOUR + HOUR);
  });

  it('takes a part of a leap back, and the last one first', () => {
    const { clock, steady } = make();
    clock.leap(2 * HOUR);
    steady.read();
    clock.pass(HOUR);
    clock.leap(10 * HOUR);
    assert.equal(steady.read(), START + HOUR);
    clock.leap(-11 * HOUR);
    assert.equal(steady.read(), START + HOUR);
    assert.equal(clock.now(), START + 2 * HOUR);
    clock.pass(HOUR);
    assert.equal(steady.read(), clock.now());
  });

  it('goes back with the clock: that makes nothing old', () => {
    const { clock, steady } = make();
    clock.leap(-YEAR);
    assert.equal(steady.read(), START - YEAR);
    clock.leap(YEAR);
    assert.equal(steady.read(), START - YEAR);
  });

  it('begins when the newest completion was kept, and takes all time since for a leap', () => {
    const { clock, steady } = make(START - 60 * DAY);
    assert.equal(steady.read(), START - 60 * DAY);
    clock.pass(DAY);
    assert.equal(steady.read(), START + DAY);
    assert.equal(make(START + YEAR).steady.read(), START);
  });
});
