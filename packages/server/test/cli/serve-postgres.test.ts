// `colloquy serve --store-url`: what a user sees of a store in PostgreSQL.

import assert from 'node:assert/strict';
import { access } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, it } from 'node:test';

import { makeFolder } from '../make-folder.ts';
import { send } from '../start-server.ts';
import { describeOnDatabase } from '../storage/postgres/stores.ts';
import { runColloquy, runServe } from './run-colloquy.ts';

const SECRET = 'open-sesame';

await describeOnDatabase('colloquy serve with a database', (database) => {
  async function makeUrl(): Promise<URL> {
    const url = new URL(await database.makeSchema());
    // Not asked for, and not to be told.
    url.password = SECRET;
    return url;
  }

  it('keeps completions there, for every process, and touches no folder', async (t) => {
    const url = await makeUrl();
    const data = join(await makeFolder(t), 'unused');
    const env = { COLLOQUY_STORE_URL: url.href, COLLOQUY_DATA: data, COLLOQUY_LOG_LEVEL: 'trace' };
    const [one, other] = await Promise.all([runServe(t, [], env), runServe(t, [], env)]);
    const body = { model: 'eliza', store: true, messages: [{ role: 'user', content: 'Men are all alike.' }] };
    const { id } = (await send(`${one.url}/v1/chat/completions`, { body })).json;
    assert.equal((await send(`${other.url}/v1/chat/completions/${id}`)).json.id, id);
    await assert.rejects(access(data), { code: 'ENOENT' });

    for (const { process: child, ended, output } of [one, other]) {
      assert.ok(output.stdout.includes(`data       postgres://postgres@${url.host}${url.pathname}\n`));
      child.kill('SIGTERM');
      assert.equal(await ended, 0);
      assert.doesNotMatch(output.stdout + output.stderr, new RegExp(SECRET));
    }
    const again = await runServe(t, ['--store-url', url.href]);
    assert.equal((await send(`${again.url}/v1/chat/completions`)).json.data.length, 1);
  });

  it('does not start without it, and says why without the password', async (t) => {
    const url = await makeUrl();
    url.pathname = '/missing';
    const { ended, output } = runColloquy(t, ['serve'], { COLLOQUY_STORE_URL: url.href });
    assert.equal(await ended, 2);
    const place = `postgres://postgres@${url.host}/missing`;
    assert.ok(
      output.stderr.includes(
        `--store-url: the store cannot be opened: ${place}: database "missing" does not exist`,
      ),
      output.stderr,
    );
    assert.doesNotMatch(output.stderr, new RegExp(`${SECRET}|\\n\\s+at `));
  });
});

describe('colloquy serve with what is no database', () => {
  it('says so, without the password', async (t) => {
    for (const url of [
      `mysql://me:${SECRET}@a/b`,
      `me:${SECRET}@a/b`,
      `postgres://me:${SECRET}@127.0.0.1:1/b`,
    ]) {
      const { ended, output } = runColloquy(t, ['serve', '--store-url', url]);
      assert.equal(await ended, 2);
      assert.match(
        output.stderr,
        /--store-url(: the store cannot be opened: postgres:\/\/me@127| must be the URL)/,
      );
      assert.doesNotMatch(output.stderr, new RegExp(`${SECRET}|\\n\\s+at `));
    }
  });
});
