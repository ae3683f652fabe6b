// A part of what `npm run test:faults` tries: kill-all.ts.

import { it } from 'node:test';

import { describeFigures, killRepeatedly } from './kill-repeatedly.ts';

it('A process that is killed, whatever it does, leaves what it was told is kept', async (t) => {
  t.diagnostic(describeFigures(await killRepeatedly(t, 1, 10)));
});
