// A part of what `npm run test:faults` tries: fuzz-all.ts.

import { it } from 'node:test';

import { fuzzStreams } from './fuzz-streams.ts';

it('Streams that are damaged harm nothing but themselves', async (t) => {
  await fuzzStreams(t, 1, 400);
});
