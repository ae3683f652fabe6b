import assert from 'node:assert/strict';
import { describe, it } from 'node:test';

import { AbortFlag } from '../../src/abort-flag.ts';
import { Slots, type SlotOptions } from '../../src/upstream/slots.ts';

const LIVE = new AbortFlag();

function open(more: Partial<SlotOptions> = {}): Slots {
  return new Slots({ maxConcurrent: 2, maxWaiting: 2, waitTimeoutMs: false, ...more });
}

/** Takes one that is free. */
function fill(slots: Slots): void {
  assert.equal(slots.take(LIVE), undefined);
}

describe('Slots', () => {
  it('are free without end where there is no limit', () => {
    const slots = open({ maxConcurrent: false });
    for (let count = 0; count < 1000; count += 1) assert.equal(slots.take(LIVE), undefined);
    assert.equal(slots.areFree, true);
  });

  it('are taken at once up to the limit, and again when they are given back', () => {
    const slots = open();
    assert.deepEqual([slots.take(LIVE), slots.areFree], [undefined, true]);
    assert.deepEqual([slots.take(LIVE), slots.areFree], [undefined, false]);
    slots.free();
    assert.deepEqual([slots.areFree, slots.take(LIVE)], [true, undefined]);
  });

  it('go to those who wait, in the order in which they came', async () => {
    const slots = open({ maxConcurrent: 1 });
    fill(slots);
    const turns: string[] = [];
    const first = slots.take(LIVE)?.then(() => turns.push('first'));
    const second = slots.take(LIVE)?.then(() => turns.push('second'));
    slots.free();
    await first;
    assert.deepEqual([turns, slots.areFree], [['first'], false]);
    slots.free();
    await second;
    assert.deepEqual([turns, slots.areFree], [['first', 'second'], false]);
    slots.free();
    assert.equal(slots.areFree, true);
  });

  it('are refused when too many wait', () => {
    const slots = open({ maxConcurrent: 1, maxWaiting: 1 });
    fill(slots);
    void slots.take(LIVE);
    assert.equal(slots.canWait, false);
    assert.throws(() => slots.take(LIVE), {
      kind: 'server_is_overloaded',
      status: 503,
      headers: { 'retry-after': '1' },
    });
  });

  it('are waited for by nobody where nobody may', () => {
    const slots = open({ maxConcurrent: 1, maxWaiting: 0 });
    assert.equal(slots.canWait, true);
    fill(slots);
    assert.throws(() => slots.take(LIVE), { kind: 'server_is_overloaded' });
  });

  it('are not waited for longer than is allowed', async (t) => {
    t.mock.timers.enable({ apis: ['setTimeout'] });
    const slots = open({ maxConcurrent: 1, waitTimeoutMs: 5000 });
    fill(slots);
    const turn = slots.take(LIVE);
    t.mock.timers.tick(5000);
    await assert.rejects(async () => turn, { kind: 'server_is_overloaded', message: /within 5000 ms/ });
    slots.free();
    assert.equal(slots.areFree, true);
  });

  it('are not waited for by those who left', async () => {
    const slots = open({ maxConcurrent: 1 });
    fill(slots);
    const abort = new AbortFlag();
    const left = slots.take(abort);
    const stays = slots.take(LIVE);
    abort.abort(new Error('gone'));
    await assert.rejects(async () => left, { message: 'gone' });
    slots.free();
    await stays;
    assert.equal(slots.areFree, false);
  });

  it('are kept by those who leave just after their turn came, until they give them back', async () => {
    const slots = open({ maxConcurrent: 1 });
    fill(slots);
    const abort = new AbortFlag();
    const turn = slots.take(abort);
    slots.free();
    abort.abort();
    await turn;
    assert.equal(slots.areFree, false);
    slots.free();
    assert.equal(slots.areFree, true);
  });
});
