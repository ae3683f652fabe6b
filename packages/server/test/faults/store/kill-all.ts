// Five hundred kills. Not among the tests that run with every change, since they take minutes: `npm run test:faults`.

import { after, describe, it } from 'node:test';

import { describeFigures, killRepeatedly, newFigures } from './kill-repeatedly.ts';

const STORES = 20;
const KILLS = 25;

describe(
  'A process that is killed, whatever it does, leaves what it was told is kept',
  { concurrency: 2 },
  () => {
    const figures = newFigures();
    for (let seed = 2; seed < 2 + STORES; seed += 1) {
      it(`seed ${seed}`, async (t) => {
        await killRepeatedly(t, seed, KILLS, figures);
      });
    }
    after(() => console.log(describeFigures(figures)));
  },
);
