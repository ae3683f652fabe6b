import assert from 'node:assert/strict';
import { describe, it } from 'node:test';

import { RetryBudget } from '../../src/upstream/retry-budget.ts';

/** How often it can be taken from. */
function empty(budget: RetryBudget): number {
  let taken = 0;
  while (budget.take()) taken += 1;
  return taken;
}

describe('A budget for calls that are made again', () => {
  it('holds twenty at the start', () => {
    assert.equal(empty(new RetryBudget()), 20);
  });

  it('earns one with ten requests', () => {
    const budget = new RetryBudget();
    empty(budget);
    for (let count = 0; count < 10; count += 1) {
      assert.equal(budget.take(), false);
      budget.add();
    }
    // Ten tenths are a little less than one, as computers count.
    budget.add();
    assert.equal(empty(budget), 1);
  });

  it('saves up no more than twenty', () => {
    const budget = new RetryBudget();
    for (let count = 0; count < 1000; count += 1) budget.add();
    assert.equal(empty(budget), 20);
  });
});
