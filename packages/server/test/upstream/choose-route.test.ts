import assert from 'node:assert/strict';
import { describe, it } from 'node:test';

import { AbortFlag } from '../../src/abort-flag.ts';
import { chooseRoute } from '../../src/upstream/choose-route.ts';
import type { ModelRoute } from '../../src/upstream/route-models.ts';
import { Slots } from '../../src/upstream/slots.ts';
import { makeRoute } from './make-route.ts';

function choose(routes: ModelRoute[], random = 0, leftOut: ModelRoute[] = []): string | undefined {
  return chooseRoute(routes, { random: () => random }, (route) => leftOut.includes(route))?.upstream.name;
}

function rest({ health }: ModelRoute): void {
  health.noteBusy(60_000);
}

/** One that has one slot, which is taken. */
function makeFull(name: string, maxWaiting: number): ModelRoute {
  const slots = new Slots({ maxConcurrent: 1, maxWaiting, waitTimeoutMs: false });
  assert.equal(slots.take(new AbortFlag()), undefined);
  return makeRoute(name, { slots });
}

/** How many of a thousand evenly spread chances each upstream gets. */
function count(routes: ModelRoute[], leftOut: ModelRoute[] = []): Record<string, number> {
  const counts: Record<string, number> = {};
  for (let first = 0; first < 100; first += 1) {
    for (let second = 0; second < 10; second += 1) {
      // Of two draws for each choice, every pair of chances comes once.
      const draws = [second / 10, (first + 0.5) / 100];
      const random = () => draws.shift() ?? 0;
      const name = chooseRoute(routes, { random }, (route) => leftOut.includes(route))?.upstream.name ?? '';
      counts[name] = (counts[name] ?? 0) + 1;
    }
  }
  return counts;
}

describe('chooseRoute', () => {
  it('takes the first', () => {
    assert.equal(choose([makeRoute('a'), makeRoute('b')]), 'a');
  });

  it('passes by those that rest, have no room, or are left out', () => {
    const [resting, full, out, last] = [makeRoute('a'), makeFull('b', 5), makeRoute('c'), makeRoute('d')];
    rest(resting);
    assert.equal(choose([resting, full, out, last], 0, [out]), 'd');
  });

  it('takes one on which a request can wait before one that rests', () => {
    const [resting, overfull, full] = [makeRoute('a'), makeFull('b', 0), makeFull('c', 1)];
    rest(resting);
    assert.equal(choose([resting, overfull, full]), 'c');
    assert.equal(choose([resting, overfull]), undefined);
    assert.equal(choose([]), undefined);
  });

  it('shares requests among neighbours by their weights', () => {
    const routes = [makeRoute('a', { weight: 3 }), makeRoute('b', { weight: 1 }), makeRoute('last')];
    assert.deepEqual(count(routes), { a: 750, b: 250 });
  });

  it('shares them among those that remain', () => {
    const [a, b] = [makeRoute('a', { weight: 3 }), makeRoute('b', { weight: 1 })];
    const last = makeRoute('last');
    assert.deepEqual(count([a, b, last], [a]), { b: 1000 });
    rest(b);
    assert.deepEqual(count([a, b, last], [a]), { last: 1000 });
  });

  it('comes to weights only where nothing stands before them', () => {
    const first = makeRoute('first');
    const shared = [makeRoute('a', { weight: 1 }), makeRoute('b', { weight: 1 })];
    assert.deepEqual(count([first, ...shared]), { first: 1000 });
    assert.deepEqual(count([first, ...shared], [first]), { a: 500, b: 500 });
  });

  it('ends what shares at one without a weight, also at one that rests', () => {
    const between = makeRoute('between');
    rest(between);
    const routes = [makeRoute('a', { weight: 1 }), between, makeRoute('b', { weight: 1000 })];
    assert.deepEqual(count(routes), { a: 1000 });
  });

  it('gives three their shares, whatever chance says', () => {
    const routes = [1, 2, 7].map((weight) => makeRoute(String(weight), { weight }));
    const counts = new Map<string, number>();
    const STEPS = 20;
    // Every combination of three draws.
    for (let at = 0; at < STEPS ** 3; at += 1) {
      const draws = [at % STEPS, Math.floor(at / STEPS) % STEPS, Math.floor(at / STEPS ** 2)];
      const random = () => ((draws.shift() ?? 0) + 0.5) / STEPS;
      const name = chooseRoute(routes, { random })?.upstream.name ?? '';
      counts.set(name, (counts.get(name) ?? 0) + 1);
    }
    const shares = ['1', '2', '7'].map((name) => (counts.get(name) ?? 0) / STEPS ** 3);
    for (const [index, share] of [0.1, 0.2, 0.7].entries()) {
      assert.ok(Math.abs((shares[index] ?? 0) - share) < 0.04, shares.join());
    }
  });
});
