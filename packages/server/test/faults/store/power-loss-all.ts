// A longer log. Not among the tests that run with every change: `npm run test:faults`.

import { it } from 'node:test';

import { cutEverywhere } from './power-loss.ts';

it('A log that is cut anywhere, with anything behind it, has all that was synced before', async (t) => {
  t.diagnostic(await cutEverywhere(t, 2, 12));
});
