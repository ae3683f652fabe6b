// What is said of a database that cannot keep what is promised, or not well.

import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import { it } from 'node:test';

import type { Finding } from '../../../src/storage/finding.ts';
import { examineDatabase } from '../../../src/storage/postgres/examine.ts';
import { openPostgresStorage } from '../../../src/storage/postgres/storage.ts';
import { makeRecord } from '../make-record.ts';
import { describeOnDatabase, run } from './stores.ts';

async function examine(url: string): Promise<Finding[]> {
  const findings: Finding[] = [];
  await examineDatabase(url, (finding) => findings.push(finding));
  return findings;
}

/** Without what the server of the tests has by itself: it does not sync. */
function listFaults(findings: readonly Finding[]): string[] {
  return findings
    .filter(({ level, text }) => level === 'fault' && !text.startsWith('fsync = off'))
    .map(({ text }) => text);
}

await describeOnDatabase('examining a database', (database) => {
  async function makeStore(): Promise<string> {
    const url = await database.makeSchema();
    await (await openPostgresStorage(url)).close();
    return url;
  }

  it('names the settings, the tables, and the indexes by which each operation finds what it asks for', async () => {
    const findings = await examine(await makeStore());
    assert.deepEqual(listFaults(findings), []);
    const texts = findings.map(({ text }) => text).join('\n');
    for (const expected of [
      /^PostgreSQL \d+.*, UTF8, .*B$/m,
      /^full_page_writes = on$/m,
      /^synchronous_commit = on$/m,
      /^schema \d+, the newest$/m,
      /^completions: about 0 rows, /m,
      /^the index of words is complete$/m,
      /^createChatCompletion: insert /m,
      /^listChatCompletions: list_desc reads by filters_pkey, completions_pkey$/m,
      /^getChatCompletion: find reads by completions_pkey$/m,
      /^getChatCompletionMessages: get_request reads by completions_pkey$/m,
      /^updateChatCompletion: update reads by /m,
      /^deleteChatCompletion: delete reads by /m,
    ])
      assert.match(texts, expected);
  });

  it('says how far the index of words is behind, and since when', async () => {
    const url = await database.makeSchema();
    const storage = await openPostgresStorage(url);
    await storage.insert(makeRecord());
    await storage.close();
    await run(
      url,
      'TRUNCATE texts; INSERT INTO unindexed SELECT project, id FROM completions ON CONFLICT DO NOTHING',
    );
    const findings = await examine(url);
    assert.ok(
      findings.some(
        ({ level, text }) =>
          level === 'note' && /^the index of words is 1 completions behind, since 20\d\d-/.test(text),
      ),
    );
  });

  it('finds an index that is missing', async () => {
    const url = await makeStore();
    await run(url, 'ALTER TABLE filters DROP CONSTRAINT filters_pkey');
    assert.ok(
      listFaults(await examine(url)).includes(
        'listChatCompletions: list_desc reads all of filters: an index is missing or damaged',
      ),
    );
  });

  it('finds a table that is missing', async () => {
    const url = await makeStore();
    await run(url, 'DROP TABLE texts');
    const faults = listFaults(await examine(url));
    assert.equal(faults[0], 'texts: the table is missing');
    assert.match(
      faults[1] ?? '',
      /^listChatCompletions: \w+ cannot be run: relation "texts" does not exist$/,
    );
  });

  it('finds what the role may not do, and that nothing can be written', async (t) => {
    const url = await makeStore();
    const schema = new URL(url).searchParams.get('options')?.split('=')[1];
    const role = `reader_${randomUUID().replaceAll('-', '')}`;
    await run(
      url,
      `CREATE ROLE ${role} LOGIN CONNECTION LIMIT 3; GRANT USAGE ON SCHEMA ${schema} TO ${role};
       GRANT SELECT, INSERT, UPDATE, DELETE ON ALL TABLES IN SCHEMA ${schema} TO ${role};
       REVOKE DELETE ON texts FROM ${role}; ALTER ROLE ${role} SET default_transaction_read_only = on`,
    );
    t.after(() => run(url, `DROP OWNED BY ${role}; DROP ROLE ${role}`));
    const asReader = new URL(url);
    asReader.username = role;
    assert.deepEqual(listFaults(await examine(asReader.href)), [
      'it is read-only: nothing can be kept. Set default_transaction_read_only = off',
      '3 connections at most: a server of Colloquy uses up to 10, and refuses requests without them',
      'texts: GRANT SELECT, INSERT, UPDATE, DELETE ON texts to this role',
    ]);
  });

  it('needs no tables, and makes none', async () => {
    const url = await database.makeSchema();
    const findings = await examine(url);
    assert.equal(findings.at(-1)?.text, 'there are no tables yet: the first server makes them');
    assert.deepEqual(await run(url, "SELECT to_regclass('completions') AS found"), [{ found: null }]);
  });
});
