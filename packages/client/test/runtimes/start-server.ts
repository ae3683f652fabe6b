// The server as a user runs it, from source: a process of its own, with an empty store and the demo model.

import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { TestContext } from 'node:test';

const COMMAND = join(import.meta.dirname, '../../../server/src/cli/colloquy.ts');

/** Resolves with the base URL once the server says that it serves; it ends after `t`. */
export async function startServer(t: TestContext): Promise<string> {
  const data = await mkdtemp(join(tmpdir(), 'colloquy-runtimes-data-'));
  const args = ['--conditions=@colloquy/source', COMMAND, 'serve', '--port', '0', '--data', data];
  // An environment of its own: the developer's settings and keys do not matter here.
  const child = spawn(process.execPath, args, { env: {}, stdio: ['ignore', 'pipe', 'pipe'] });
  const ended = once(child, 'close');
  t.after(async () => {
    child.kill('SIGKILL');
    await ended;
    await rm(data, { recursive: true });
  });
  let output = '';
  child.stderr.setEncoding('utf8').on('data', (text: string) => (output += text));
  return new Promise((resolve, reject) => {
    child.stdout.setEncoding('utf8').on('data', (text: string) => {
      output += text;
      const url = /serves (http:\S+),/.exec(output)?.[1];
      if (url !== undefined) resolve(`${url}/v1`);
    });
    void ended.then(() => reject(new Error(`The server ended: ${output}`)));
  });
}
