// The client's own suites once more, with node:http in the place of the runtime's fetch, which the client looks up at
// each call.

import assert from 'node:assert/strict';
import { after } from 'node:test';

import { nodeFetch } from '../../src/node/index.ts';

let calls = 0;
globalThis.fetch = (input, init) => {
  calls += 1;
  return nodeFetch(input, init);
};
after(() => assert.ok(calls > 100, `${calls} calls came this way`));

await import('../api-promise.test.ts');
await import('../errors.test.ts');
await import('../page.test.ts');
await import('../request.test.ts');
await import('../retry.test.ts');
await import('../stream.test.ts');
