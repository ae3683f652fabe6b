// Ten thousand damaged streams. Not among the tests that run with every change, since it takes as long as a good part of
// those: `npm run test:faults`.

import { describe, it } from 'node:test';

import { fuzzStreams } from './fuzz-streams.ts';

describe('Streams that are damaged harm nothing but themselves', () => {
  for (let seed = 2; seed < 12; seed += 1) {
    it(`seed ${seed}`, async (t) => {
      await fuzzStreams(t, seed, 1000);
    });
  }
});
