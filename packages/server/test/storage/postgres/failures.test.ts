import assert from 'node:assert/strict';
import { it } from 'node:test';

import { readFailure, toStorageError, type FailureKind } from '../../../src/storage/postgres/failures.ts';
import { StorageError } from '../../../src/storage/storage.ts';
import { describeOnDatabase, run } from './stores.ts';

await describeOnDatabase('a failure', (database) => {
  const cases: Array<[sql: string, kind: FailureKind, message: RegExp]> = [
    ["SELECT 'x'::bigint", 'statement', /^invalid input syntax for type bigint: "x"$/],
    ['CREATE TEMP TABLE t (a int PRIMARY KEY); INSERT INTO t VALUES (1), (1)', 'statement', /^duplicate key/],
    ["SELECT repeat(repeat('x', 10000), 200000)", 'statement', /too large/],
    ['SET statement_timeout = 10; SELECT pg_sleep(60)', 'busy', /^canceling statement/],
    ['SELECT FROM missing', 'database', /^relation "missing" does not exist$/],
    ['BEGIN READ ONLY; CREATE TABLE t ()', 'database', /read-only transaction$/],
    ['SELECT pg_terminate_backend(pg_backend_pid())', 'connection', /^terminating connection/],
  ];
  for (const [sql, kind, message] of cases) {
    it(`is told by what the database says: ${sql}`, async () => {
      const error = await run(await database.makeSchema(), sql).then(
        () => undefined,
        (failure: unknown) => failure,
      );
      assert.equal(readFailure(error), kind);
      const shown = toStorageError(error);
      assert.ok(shown instanceof StorageError);
      assert.match(shown.message, message);
      assert.equal(toStorageError(shown), shown);
    });
  }

  it('is the connection if there is none, and the statement if it could not be spelled', async () => {
    const url = new URL(await database.makeSchema());
    url.searchParams.set('host', '127.0.0.1');
    url.searchParams.set('port', '1');
    const error = await run(url.href, 'SELECT').catch((failure: unknown) => failure);
    assert.equal(readFailure(error), 'connection');
    assert.equal(readFailure(new RangeError('Invalid string length')), 'statement');
    assert.equal(readFailure(new TypeError('must be a text, not object')), 'statement');
  });
});
