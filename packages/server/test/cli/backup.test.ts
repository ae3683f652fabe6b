// `colloquy backup` and `colloquy restore`, beside a server that writes.

import assert from 'node:assert/strict';
import { readdir, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, it } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';

import { openSqliteStorage } from '../../src/storage/sqlite/storage.ts';
import { makeFolder } from '../make-folder.ts';
import { createKept } from '../routes/kept-completion.ts';
import { send } from '../start-server.ts';
import { makeChat, makeRecord } from '../storage/make-record.ts';
import { runColloquy, runServe } from './run-colloquy.ts';

describe('colloquy backup', () => {
  it('holds everything that was acknowledged before, while a server goes on; restore brings it back', async (t) => {
    const data = await makeFolder(t);
    const backup = join(await makeFolder(t), 'backup.db');
    const server = await runServe(t, ['--data', data]);
    const baseURL = `${server.url}/v1`;
    const before = await Promise.all(Array.from({ length: 20 }, () => createKept(baseURL)));

    const run = runColloquy(t, ['backup', backup, '--data', data]);
    const during: string[] = [];
    while (run.process.exitCode === null) during.push(await createKept(baseURL));
    assert.equal(await run.ended, 0, run.output.stderr);
    assert.match(run.output.stdout, /^\d+ completions read, nothing is damaged: .*backup\.db\n$/);
    assert.equal((await stat(backup)).mode & 0o077, 0);
    assert.deepEqual(await readdir(join(backup, '..')), ['backup.db']);

    const restore = ['restore', backup, '--data', data];
    const early = runColloquy(t, [...restore, '--force']);
    assert.equal(await early.ended, 2);
    assert.match(early.output.stderr, /^error: nothing was restored: .* is open: stop the server/);

    // Deleted by mistake.
    await send(`${baseURL}/chat/completions/${before[0]}`, { method: 'DELETE' });
    server.process.kill('SIGTERM');
    await server.ended;
    const refused = runColloquy(t, restore);
    assert.equal(await refused.ended, 2);
    assert.match(refused.output.stderr, /exists: --force puts it aside\n$/);
    const restored = runColloquy(t, [...restore, '--force']);
    assert.equal(await restored.ended, 0, restored.output.stderr);
    assert.match(restored.output.stdout, /^put aside: .*\n\d+ completions restored: .*colloquy\.db\n$/);

    const storage = await openSqliteStorage(join(data, 'colloquy.db'));
    t.after(() => storage.close());
    for (const id of before) assert.notEqual(await storage.get('default', id), undefined);
    const kept = await Promise.all(during.map((id) => storage.get('default', id)));
    // One moment: nothing that was kept later is there without what was kept before it.
    const missing = kept.indexOf(undefined);
    if (missing !== -1) assert.ok(kept.slice(missing).every((completion) => completion === undefined));
  });

  it('leaves nothing that could be taken for a backup when it is killed', async (t) => {
    const data = await makeFolder(t);
    const storage = await openSqliteStorage(join(data, 'colloquy.db'));
    const text = Array.from({ length: 500 }, (_, index) => (index * 7919).toString(36)).join(' ');
    await Promise.all(
      Array.from({ length: 3000 }, (_, index) =>
        storage.insert(makeRecord(makeChat(`${index} ${text}`, `${text} ${index}`))),
      ),
    );
    await storage.close();
    const folder = await makeFolder(t);
    const backup = join(folder, 'backup.db');
    const run = runColloquy(t, ['backup', backup, '--data', data]);
    while (run.process.exitCode === null && (await readdir(folder)).length === 0) await sleep(1);
    run.process.kill('SIGKILL');
    assert.equal(await run.ended, 'SIGKILL');
    assert.deepEqual(
      (await readdir(folder)).filter((name) => !name.startsWith('backup.db.partial')),
      [],
    );
    const again = runColloquy(t, ['backup', backup, '--data', data]);
    assert.equal(await again.ended, 2);
    assert.match(again.output.stderr, /backup\.db\.partial exists/);
  });

  it('needs a store, and says what to do with one in PostgreSQL', async (t) => {
    const data = await makeFolder(t);
    await writeFile(join(data, 'there'), '');
    const env = { COLLOQUY_STORE_URL: 'postgres://me@127.0.0.1:1/b' };
    for (const [args, message, extra] of [
      [['backup', join(data, 'b'), '--data', data], /no backup was made: .*unable to open/],
      [['backup', join(data, 'there'), '--data', data], /there exists/],
      [['restore', join(data, 'b'), '--data', data], /nothing was restored: .*unable to open/],
      [['backup', join(data, 'b')], /COLLOQUY_STORE_URL: pg_dump/, env],
      [['restore', join(data, 'b')], /COLLOQUY_STORE_URL: pg_restore/, env],
      [['backup'], /missing required argument/],
    ] as const) {
      const { ended, output } = runColloquy(t, args, extra);
      assert.equal(await ended, 2, output.stdout);
      assert.match(output.stderr, message);
      assert.doesNotMatch(output.stderr, /\n\s+at /);
    }
  });
});
