import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { closeSync, openSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, it } from 'node:test';

import { makeFolder } from '../make-folder.ts';

const LINES = 1000;
const LOG = new URL('../../src/middleware/log.ts', import.meta.url).href;
const PROGRAM = `import { createLog } from ${JSON.stringify(LOG)};
const log = createLog('info');
for (let line = 0; line < ${LINES}; line += 1) log.info({ line }, 'answered');`;

/** Runs a process that logs and exits, with this as its standard error. */
function runLogging(stderr: 'pipe' | number): string {
  const args = ['--conditions=@colloquy/source', '--input-type=module', '--eval', PROGRAM];
  const { stderr: text } = spawnSync(process.execPath, args, { stdio: ['ignore', 'ignore', stderr] });
  return String(text ?? '');
}

function assertWhole(text: string): void {
  const lines = text
    .trimEnd()
    .split('\n')
    .map((line) => (JSON.parse(line) as { line: number }).line);
  assert.deepEqual(
    lines,
    Array.from({ length: LINES }, (_, line) => line),
  );
}

describe('The log', () => {
  it('has every line, in order, in a pipe when the process has ended', () => {
    assertWhole(runLogging('pipe'));
  });

  it('has every line, in order, in a file when the process has ended', async (t) => {
    const file = join(await makeFolder(t), 'log');
    const descriptor = openSync(file, 'w');
    runLogging(descriptor);
    closeSync(descriptor);
    assertWhole(readFileSync(file, 'utf8'));
  });
});
