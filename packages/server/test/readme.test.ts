// The examples of the README run, each as it stands there but for the address of the server.

import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { describe, it } from 'node:test';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';

import { startServer } from './start-server.ts';

const run = promisify(execFile);
const ROOT = fileURLToPath(new URL('../../..', import.meta.url));
const README = readFileSync(`${ROOT}/README.md`, 'utf8');

/** The code blocks of a language that hold `text`, in their order. */
function findBlocks(language: string, text: string): string[] {
  const blocks = [...README.matchAll(new RegExp(`^\`\`\`${language}\n(.*?)^\`\`\`$`, 'gms'))].map(
    ([, code = '']) => code,
  );
  return blocks.filter((code) => code.includes(text));
}

describe('The README', () => {
  it('has programs that print what they say', async (t) => {
    const { url } = await startServer(t);
    const programs = findBlocks('ts', 'import');
    assert.equal(programs.length, 2);
    const printed: string[] = [];
    for (const program of programs) {
      const code = program.replaceAll('http://127.0.0.1:8787', url);
      const args = ['--conditions=@colloquy/source', '--input-type=module-typescript', '--eval', code];
      const { stdout, stderr } = await run(process.execPath, args, { cwd: `${ROOT}/packages/server` });
      assert.equal(stderr, '');
      printed.push(stdout);
    }
    assert.match(printed[0] ?? '', /^In what way\?\n\{\n +id: 'chatcmpl-/);
    assert.match(printed[1] ?? '', /^Can you think of a specific example\?chatcmpl-\w{29}\n$/);
  });

  it('has curl lines that work', async (t) => {
    const { url } = await startServer(t);
    const [script, ...others] = findBlocks('sh', 'curl');
    assert.deepEqual(others, []);
    const code = (script ?? '')
      .replaceAll('http://127.0.0.1:8787', url)
      .replaceAll('curl ', 'curl -sS --fail ');
    const { stdout } = await run('bash', ['-euc', code]);
    assert.match(stdout, /"content":"In what way\?"/);
    assert.match(stdout, /\ndata: \[DONE\]\n/);
    assert.match(stdout, /"object":"list","data":\[\{.*"metadata":\{"topic":"men"\}/);
  });
});
