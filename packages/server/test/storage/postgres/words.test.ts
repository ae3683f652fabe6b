import assert from 'node:assert/strict';
import { it } from 'node:test';

import fc from 'fast-check';
import { Client } from 'pg';

import { toTextQuery, toTextVector } from '../../../src/storage/postgres/words.ts';
import { readSearchText } from '../../../src/storage/search-text.ts';
import { makeChat } from '../make-record.ts';
import { describeOnDatabase } from './stores.ts';

/** Any units of UTF-16, also those that mean something to PostgreSQL. */
const text = fc.oneof(
  fc.string({ unit: 'grapheme', maxLength: 200 }),
  fc.string({ unit: fc.nat({ max: 0xffff }).map((unit) => String.fromCharCode(unit)), maxLength: 200 }),
  fc.string({
    unit: fc.constantFrom("'", '\\', ':', '&', '|', '!', '(', ')', '<', '-', '>', '*', '"', ' ', 'a', 'é'),
  }),
);

await describeOnDatabase('the words of a text', (database) => {
  async function withClient(
    run: (matches: (vector: string, query: string) => Promise<unknown>) => Promise<void>,
  ) {
    const client = new Client(await database.makeSchema());
    await client.connect();
    try {
      await run(async (vector, query) => {
        const { rows } = await client.query('SELECT $1::tsvector @@ $2::tsquery AS found', [vector, query]);
        return rows[0].found;
      });
    } finally {
      await client.end();
    }
  }

  it('are taken by PostgreSQL whatever they are, and found by themselves', () =>
    withClient((matches) =>
      fc.assert(
        fc.asyncProperty(text, async (given) => {
          const { request, response } = makeChat('', given);
          const vector = toTextVector('home', 'completed', readSearchText(request, response));
          const phrase = toTextQuery('home', 'completed', `"${given.replaceAll('"', ' ')}"`);
          assert.equal(await matches(vector, phrase ?? ''), phrase !== undefined);
        }),
      ),
    ));

  it('are found in their project and status only', () =>
    withClient(async (matches) => {
      const vector = toTextVector('home', 'completed', 'whale');
      assert.equal(await matches(vector, toTextQuery('home', 'completed', 'whale')!), true);
      assert.equal(await matches(vector, toTextQuery('other', 'completed', 'whale')!), false);
      assert.equal(await matches(vector, toTextQuery('home', 'failed', 'whale')!), false);
    }));

  it('may be many, or long: each is found, phrases near the beginning, and what is beyond all limits is not', () =>
    withClient(async (matches) => {
      const words = Array.from({ length: 100_000 }, (_, index) => `w${index}`);
      const vector = toTextVector('home', 'completed', words.join(' '));
      for (const [q, expected] of [
        ['w0', true],
        ['w20000', true],
        ['"w100 w101"', true],
        ['"w20000 w20001"', false],
        ['w99999', false],
      ] as const) {
        assert.equal(await matches(vector, toTextQuery('home', 'completed', q)!), expected, q);
      }
      for (const long of [
        'a'.repeat(1_000_000),
        '漢'.repeat(100_000),
        '𠀀'.repeat(100_000),
        'ａ'.repeat(100_000),
      ]) {
        const query = toTextQuery('home', 'completed', long.slice(0, 1000))!;
        const found = await matches(toTextVector('home', 'completed', long), query);
        assert.equal(typeof found, 'boolean');
      }
    }));
});
