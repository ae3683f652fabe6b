import assert from 'node:assert/strict';
import { describe, it, type TestContext } from 'node:test';

import { RepeatedWork } from '../src/repeated-work.ts';

interface Started {
  readonly work: RepeatedWork;
  /** One for each time that it was begun: ends it. */
  readonly runs: Array<() => Promise<void>>;
}

/** Every second, as the clock of the test goes. */
function startWork(t: TestContext): Started {
  t.mock.timers.enable({ apis: ['setTimeout'] });
  const runs: Started['runs'] = [];
  const work = new RepeatedWork(() => {
    const { promise, resolve } = Promise.withResolvers<void>();
    runs.push(async () => {
      resolve();
      await new Promise(setImmediate);
    });
    return promise;
  });
  work.start(1000);
  return { work, runs };
}

describe('work that is repeated', () => {
  it('begins at once, and again when its time has gone by since it ended', async (t) => {
    const { runs } = startWork(t);
    assert.equal(runs.length, 1);
    t.mock.timers.tick(10_500);
    assert.equal(runs.length, 1);
    await runs[0]?.();
    t.mock.timers.tick(999);
    assert.equal(runs.length, 1);
    t.mock.timers.tick(1);
    assert.equal(runs.length, 2);
  });

  it('is not begun again once it is stopped, which waits for its end', async (t) => {
    const { work, runs } = startWork(t);
    let isStopped = false;
    const stopped = work.stop().then(() => (isStopped = true));
    await new Promise(setImmediate);
    assert.equal(isStopped, false);
    await runs[0]?.();
    await stopped;
    t.mock.timers.tick(10_000);
    assert.equal(runs.length, 1);
  });
});
