import assert from 'node:assert/strict';
import { readFile, readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, it, type TestContext } from 'node:test';

import { Command } from 'commander';

import { addDelete } from '../../src/cli/delete.ts';
import { openSqliteStorage } from '../../src/storage/sqlite/storage.ts';
import type { CompletionRecord, Storage } from '../../src/storage/storage.ts';
import { STATUSES } from '../../src/storage/walk-labels.ts';
import { makeFolder } from '../make-folder.ts';
import { createKept } from '../routes/kept-completion.ts';
import { send } from '../start-server.ts';
import { listIds } from '../storage/list-ids.ts';
import { makeChat, makeIdOf, makeRecord } from '../storage/make-record.ts';
import { describeOnDatabase } from '../storage/postgres/stores.ts';
import { runColloquy, runServe } from './run-colloquy.ts';

interface Filled {
  readonly folder: string;
  readonly storage: Storage;
}

/** A store that stays open, as a server would have it. */
async function fill(t: TestContext, records: readonly CompletionRecord[]): Promise<Filled> {
  const folder = await makeFolder(t);
  const storage = await openSqliteStorage(join(folder, 'colloquy.db'));
  t.after(() => storage.close());
  await Promise.all(records.map((record) => storage.insert(record)));
  return { folder, storage };
}

/** Resolves with what was printed, without what would not differ. */
async function run(
  t: TestContext,
  args: readonly string[],
  env?: Record<string, string>,
): Promise<{ code: number | string; out: string; err: string }> {
  const { ended, output } = runColloquy(t, ['delete', ...args], env);
  return { code: await ended, out: output.stdout, err: output.stderr };
}

/** Runs it here, which takes no process: for what is the same there. */
async function runHere(t: TestContext, args: readonly string[]): Promise<void> {
  t.mock.method(console, 'log', () => undefined);
  const program = new Command().exitOverride();
  addDelete(program);
  for (const command of program.commands)
    command.exitOverride().configureOutput({ writeErr: () => undefined });
  await program.parseAsync(['delete', ...args], { from: 'user' });
}

/** What is left in a project, by its metadata `n`. */
async function readLeft(storage: Storage, project = 'default'): Promise<string> {
  const pages = await Promise.all(
    STATUSES.map((status) => storage.listLabels(project, { status, limit: 1000, order: 'asc' })),
  );
  return pages
    .flat()
    .map(({ metadata }) => metadata['n'] ?? '')
    .sort()
    .join('');
}

function makeRecords(): CompletionRecord[] {
  const make = (n: number, changes: Partial<CompletionRecord>): CompletionRecord =>
    makeRecord({
      project: 'default',
      id: makeIdOf(Date.UTC(2026, 0, n)),
      metadata: { n: String(n) },
      ...changes,
    });
  return [
    make(1, { metadata: { n: '1', user: 'ann' } }),
    make(2, { metadata: { n: '2', user: 'ann', 'a b': 'x=y' } }),
    make(3, { metadata: { n: '3', user: 'ann' }, status: 'failed' }),
    make(4, { status: 'interrupted', model: 'large' }),
    make(5, {}),
    make(6, { project: 'other', metadata: { n: '6', user: 'ann' } }),
  ];
}

describe('colloquy delete', () => {
  it('deletes what is named, at once, and says what is not there', async (t) => {
    const records = makeRecords();
    const { folder, storage } = await fill(t, records);
    const ids = [records[0]!.id, records[5]!.id, records[4]!.id];
    const { code, out, err } = await run(t, [...ids, '--data', folder]);
    assert.deepEqual([code, out], [1, '2 completions deleted\n']);
    assert.equal(err, `there is no completion ${records[5]!.id} in project default\n`);
    assert.equal(await readLeft(storage), '234');
    const other = await run(t, [records[5]!.id, '--project', 'other'], { COLLOQUY_DATA: folder });
    assert.deepEqual(other, { code: 0, out: '1 completion deleted\n', err: '' });
  });

  it('counts what it finds, of any status, and deletes it only when it is told to', async (t) => {
    const { folder, storage } = await fill(t, makeRecords());
    const filter = ['--metadata', 'user=ann', '--data', folder];
    assert.deepEqual(await run(t, filter), {
      code: 1,
      out: '3 completions of project default would be deleted; with --yes they are\n',
      err: '',
    });
    assert.equal(await readLeft(storage), '12345');
    const { code, out } = await run(t, [...filter, '--yes']);
    assert.deepEqual([code, out], [0, '3 completions of project default deleted\n']);
    assert.equal(await readLeft(storage), '45');
    assert.equal(await readLeft(storage, 'other'), '6');
    assert.equal((await run(t, filter)).out, '0 completions of project default deleted\n');
  });

  it('narrows down by everything that is given', async (t) => {
    const { folder, storage } = await fill(t, makeRecords());
    for (const [args, left] of [
      [['--metadata', 'user=ann', '--metadata', 'a b=x=y'], '1345'],
      [['--model', 'large'], '135'],
      [['--created-before', '2026-01-02'], '35'],
      [['--created-after', '2026-01-03T00:00Z', '--created-before', `${Date.UTC(2026, 0, 4) / 1000}`], '5'],
      [['--status', 'interrupted'], '5'],
      [['--all'], ''],
    ] as const) {
      await runHere(t, [...args, '--yes', '--data', folder]);
      assert.equal(await readLeft(storage), left, args.join(' '));
    }
    assert.equal(await readLeft(storage, 'other'), '6');
  });

  it('deletes nothing unless it is clear what', async (t) => {
    const { folder, storage } = await fill(t, makeRecords());
    for (const [args, message] of [
      [[], /say what to delete/],
      [['chatcmpl-1', '--all', '--yes'], /give either ids, or/],
      [['chatcmpl-1', '--model', 'x', '--yes'], /give either ids, or/],
      [['--metadata', 'ann', '--yes'], /must be KEY=VALUE/],
      [['--metadata', 'a=1', '--metadata', 'a=2', '--yes'], /No completion has two values/],
      [['--created-before', 'tomorrow', '--yes'], /must be a date such as/],
      [['--status', 'done', '--yes'], /Allowed choices are completed/],
    ] as const) {
      await assert.rejects(runHere(t, [...args, '--data', folder]), message, args.join(' '));
    }
    const { code, err } = await run(t, ['--data', folder]);
    assert.equal(code, 2);
    assert.match(err, /^error: say what to delete: ids, .*\n$/);
    assert.equal(await readLeft(storage), '12345');
  });

  it('makes no store where there is none', async (t) => {
    const folder = await makeFolder(t);
    const { code, err } = await run(t, ['--all', '--yes', '--data', folder]);
    assert.deepEqual([code, err], [2, `error: --data: there is no store in ${folder}\n`]);
    assert.deepEqual(await readdir(folder), []);
  });

  it('leaves nothing in any file once it has ended, though a server uses the store', async (t) => {
    const canary = 'qwdeletedzx';
    const { folder } = await fill(t, [
      makeRecord({ project: 'default', ...makeChat(canary, canary), metadata: { user: canary } }),
    ]);
    const server = await runServe(t, ['--data', folder]);
    const kept = await createKept(`${server.url}/v1`);
    assert.equal((await send(`${server.url}/v1/chat/completions?q=${canary}`)).json.data.length, 1);
    const { code } = await run(t, ['--metadata', `user=${canary}`, '--yes', '--data', folder]);
    assert.equal(code, 0);
    const files = await Promise.all((await readdir(folder)).map((name) => readFile(join(folder, name))));
    assert.equal(files.length, 3);
    for (const file of files) assert.ok(!file.includes(canary.slice(3)));
    const { json } = await send(`${server.url}/v1/chat/completions`);
    assert.deepEqual(
      json.data.map(({ id }: { id: string }) => id),
      [kept],
    );
  });
});

await describeOnDatabase('colloquy delete with a database', (database) => {
  it('deletes there', async (t) => {
    const { openPostgresStorage } = await import('../../src/storage/postgres/storage.ts');
    const url = await database.makeSchema();
    const storage = await openPostgresStorage(url);
    t.after(() => storage.close());
    for (const record of makeRecords()) await storage.insert(record);
    const args = ['--metadata', 'user=ann', '--yes'];
    const { code, out, err } = await run(t, args, { COLLOQUY_STORE_URL: url });
    assert.deepEqual([code, out, err], [0, '3 completions of project default deleted\n', '']);
    assert.equal((await listIds(storage, {}, 'default')).length, 1);
    assert.equal((await listIds(storage, {}, 'other')).length, 1);
    const missing = await run(t, args, { COLLOQUY_STORE_URL: 'postgres://me:secret@127.0.0.1:1/b' });
    assert.equal(missing.code, 2);
    assert.match(missing.err, /^error: the store cannot be opened: postgres:\/\/me@127\.0\.0\.1:1\/b: /);
  });
});
