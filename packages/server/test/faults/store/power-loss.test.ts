// A part of what `npm run test:faults` tries: power-loss-all.ts.

import { it } from 'node:test';

import { cutEverywhere } from './power-loss.ts';

it('A log that is cut anywhere, with anything behind it, has all that was synced before', async (t) => {
  t.diagnostic(await cutEverywhere(t, 1, 3));
});
