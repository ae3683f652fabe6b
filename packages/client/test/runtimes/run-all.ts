// The same program of the built client on every runtime, each against a real server of its own on loopback.
// No `.test.ts`: `npm test` does without these runtimes, which `npm run test:runtimes` installs.

import assert from 'node:assert/strict';
import { it } from 'node:test';

import { RUNTIMES } from './runtimes.ts';
import { stage } from './stage.ts';
import { startServer } from './start-server.ts';

for (const { name, userAgent, run } of RUNTIMES) {
  it(`The client works on ${name}`, async (t) => {
    const said = await run(await stage(t), await startServer(t));
    assert.ok(said.includes(userAgent), `${said} ran instead of ${userAgent}`);
  });
}
