// What every operation that names a completion owes to its id.

import assert from 'node:assert/strict';
import { it } from 'node:test';

import { ColloquyError } from '../../src/errors.ts';
import type { ClientOptions } from '../../src/options.ts';
import { json, listen, onlyRequest } from '../listen.ts';

/** Tests the path of an operation; `suffix` is what follows the id. */
export function testPathParameter(
  call: (options: ClientOptions, completionId: string) => PromiseLike<unknown>,
  suffix = '',
): void {
  for (const [id, encoded] of [
    ['chatcmpl-1', 'chatcmpl-1'],
    ['a/b', 'a%2Fb'],
    ['a:b', 'a:b'],
    ['a b?c#d%', 'a%20b%3Fc%23d%25'],
    ['../x', '..%2Fx'],
  ] as const) {
    it(`takes the id "${id}"`, async (t) => {
      const server = await listen(t, json({}));
      await call({ baseURL: server.baseURL, apiKey: null }, id);
      assert.equal(onlyRequest(server).url, `/v1/chat/completions/${encoded}${suffix}`);
    });
  }

  for (const id of ['', '.', '..']) {
    it(`refuses the id "${id}", which would name another URL`, async (t) => {
      const server = await listen(t, json({}));
      const options = { baseURL: server.baseURL, apiKey: null };
      await assert.rejects(async () => call(options, id), ColloquyError);
      assert.deepEqual(server.requests, []);
    });
  }
}
