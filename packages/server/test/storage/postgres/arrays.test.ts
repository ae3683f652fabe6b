import assert from 'node:assert/strict';
import { after, before, it } from 'node:test';

import fc from 'fast-check';
import { Client } from 'pg';

import { encodeColumn, type ArrayType, type Value } from '../../../src/storage/postgres/arrays.ts';
import { describeOnDatabase } from './stores.ts';

await describeOnDatabase('an array', (database) => {
  let client: Client;
  before(async () => {
    client = new Client(await database.makeSchema());
    await client.connect();
  });
  after(() => client.end());

  /** What the database has received, in its own spelling. */
  async function receive(type: ArrayType, elements: readonly Value[]): Promise<unknown[]> {
    const { rows } = await client.query<{ element: string | null }>(
      `SELECT ${type === 'bytea' ? "encode(element, 'hex')" : 'element::text'} AS element
       FROM unnest($1::${type}[]) WITH ORDINALITY AS given (element, place) ORDER BY place`,
      [
        encodeColumn(
          type,
          elements.map((element) => ['beside', element]),
          1,
        ),
      ],
    );
    return rows.map(({ element }) => element);
  }

  it('of texts arrives as it is', async () => {
    const text = fc.string({ unit: 'binary', maxLength: 40 }).map((any) => any.replaceAll('\0', ''));
    await fc.assert(
      fc.asyncProperty(fc.array(fc.option(text)), async (texts) => {
        assert.deepEqual(await receive('text', texts), texts);
      }),
      { numRuns: 20 },
    );
  });

  it('of integers arrives as it is', async () => {
    const edges = [0, 1, -1, 2 ** 31 - 1, 2 ** 31, 2 ** 32 - 1, 2 ** 32, -(2 ** 32) - 1];
    const given = [...edges, Number.MAX_SAFE_INTEGER, Number.MIN_SAFE_INTEGER, null];
    assert.deepEqual(
      await receive('bigint', given),
      given.map((number) => (number === null ? null : String(number))),
    );
    await fc.assert(
      fc.asyncProperty(fc.array(fc.maxSafeInteger()), async (integers) => {
        assert.deepEqual(await receive('bigint', integers), integers.map(String));
      }),
      { numRuns: 50 },
    );
  });

  it('of bytes arrives as it is, however many they are', async () => {
    const given = [
      Buffer.from([0, 255, 92]),
      new Uint8Array(),
      null,
      Buffer.alloc(3_000_000, 7),
      Buffer.of(1),
      '00ff5c',
    ];
    assert.deepEqual(
      await receive('bytea', given),
      given.map((bytes) => (bytes instanceof Uint8Array ? Buffer.from(bytes).toString('hex') : bytes)),
    );
  });
});
