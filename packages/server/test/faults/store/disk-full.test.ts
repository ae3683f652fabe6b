// A disk that is really full: a small one in memory, which only the server under test has mounted.

import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { closeSync, existsSync, openSync, rmSync, writeSync } from 'node:fs';
import { join } from 'node:path';
import { describe, it, type TestContext } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';

import { runColloquy, runServe } from '../../cli/run-colloquy.ts';
import { makeFolder } from '../../make-folder.ts';
import { send } from '../../start-server.ts';
import { answerPlainly, startUpstream, type TestUpstream } from '../../start-upstream.ts';

/** Mounts a disk of 48 MB at its last argument, for the command behind it and nobody else. */
const MOUNT = 'mount -t tmpfs -o size=48m tmpfs "$0" && exec "$@"';
const WITH_DISK = ['unshare', '--mount', '--map-root-user', 'sh', '-c', MOUNT];
const skip =
  spawnSync(WITH_DISK[0]!, [...WITH_DISK.slice(1), '/tmp', 'true']).status !== 0 &&
  'no disk can be mounted here';

interface Served {
  readonly url: string;
  readonly upstream: TestUpstream;
  /** Where the server has the disk … */
  readonly folder: string;
  /** … and where everybody else finds it. */
  readonly disk: string;
  /** Runs the command behind it where the server runs. */
  readonly beside: readonly string[];
}

async function serve(t: TestContext): Promise<Served> {
  const upstream = await startUpstream(t, answerPlainly());
  const folder = await makeFolder(t);
  const args = ['--data', folder, '--upstream', upstream.baseURL, '--log-level', 'silent'];
  const { url, process } = await runServe(t, args, {}, [...WITH_DISK, folder]);
  const beside = ['nsenter', '--target', String(process.pid), '--user', '--mount', '--preserve-credentials'];
  return {
    url: `${url}/v1/chat/completions`,
    upstream,
    folder,
    disk: `/proc/${process.pid}/root${folder}`,
    beside,
  };
}

/** Takes all the space that is left. */
function fill(disk: string): void {
  const file = openSync(join(disk, 'filling'), 'a');
  try {
    for (;;) writeSync(file, Buffer.alloc(4096, 1));
  } catch (error) {
    assert.equal((error as NodeJS.ErrnoException).code, 'ENOSPC');
  } finally {
    closeSync(file);
  }
}

function ask(url: string, store: boolean): ReturnType<typeof send> {
  const content = randomBytes(60_000).toString('base64');
  return send(url, { body: { model: 'small', messages: [{ role: 'user', content }], store } });
}

/** Keeps so much that space is set aside. Returns the ids. */
async function keepMany({ url, disk }: Served): Promise<string[]> {
  const ids: string[] = [];
  while (!existsSync(join(disk, 'colloquy.db-ballast'))) ids.push((await ask(url, true)).json.id);
  return ids;
}

/** Keeps until that is refused. */
async function keepUntilFull({
  url,
}: Served): Promise<{ ids: string[]; refusal: Awaited<ReturnType<typeof send>> }> {
  const ids: string[] = [];
  for (;;) {
    const answer = await ask(url, true);
    if (answer.status !== 200) return { ids, refusal: answer };
    ids.push(answer.json.id);
  }
}

async function remove(url: string, ids: readonly string[]): Promise<number[]> {
  return Promise.all(ids.map(async (id) => (await send(`${url}/${id}`, { method: 'DELETE' })).status));
}

describe('A full disk', { skip }, () => {
  it('costs no answer and no record, lets delete, and is noticed when it is full no more', async (t) => {
    const served = await serve(t);
    const { url, upstream, folder, disk } = served;
    const first = await keepMany(served);
    fill(disk);
    const { ids, refusal } = await keepUntilFull(served);
    assert.deepEqual([refusal.status, refusal.json.error.code], [503, 'store_unavailable']);
    // What was refused had not been asked for; all that was answered is kept.
    assert.equal(upstream.requests.length, first.length + ids.length);
    assert.equal((await ask(url, false)).status, 200);

    const [gone, kept] = [first.slice(0, 20), [...first.slice(20), ...ids]];
    assert.deepEqual(new Set(await remove(url, gone)), new Set([200]));
    assert.equal((await send(`${url}/${gone[0]}`)).status, 404);
    for (const id of kept) assert.equal((await send(`${url}/${id}/messages`)).status, 200);
    assert.equal((await send(url)).status, 200);

    rmSync(join(disk, 'filling'));
    const freedAt = performance.now();
    while ((await ask(url, true)).status !== 200) await sleep(20);
    t.diagnostic(`kept again ${Math.round(performance.now() - freedAt)} ms after there was space`);
    assert.ok(existsSync(join(disk, 'colloquy.db-ballast')));
    const { ended, output } = runColloquy(t, ['verify', '--data', folder], {}, served.beside);
    assert.equal(await ended, 0, output.stderr);
    assert.match(output.stdout, new RegExp(`^${kept.length + 1} completions read, nothing is damaged`));
  });

  it('lets nothing be deleted where no space was set aside', async (t) => {
    const served = await serve(t);
    const ids = await keepMany(served);
    rmSync(join(served.disk, 'colloquy.db-ballast'));
    fill(served.disk);
    ids.push(...(await keepUntilFull(served)).ids);
    // Space that the server was just setting aside, and gave up, is free again.
    fill(served.disk);
    assert.ok((await remove(served.url, ids)).includes(503));
  });
});
