// Runtimes that are a command: each runs the program in a process of its own, straight from its npm package.

import { execFile } from 'node:child_process';
import { join } from 'node:path';
import { promisify } from 'node:util';

import type { Run } from './runtimes.ts';

const PACKAGES = join(import.meta.dirname, 'node_modules');

/** `binary` lies in `node_modules`; `args` come before the script, which has the program use its own `fetch` or Node's. */
export function runCommand(
  binary: string,
  args: readonly string[] = [],
  script: 'command.js' | 'node-command.js' = 'command.js',
): Run {
  return async (folder, baseURL) => {
    const { stdout } = await promisify(execFile)(
      join(PACKAGES, binary),
      [...args, join(folder, script), baseURL],
      {
        cwd: folder,
        // Caches stay in the folder, which goes; and nobody calls home.
        env: {
          HOME: folder,
          DENO_DIR: join(folder, 'deno'),
          DENO_NO_UPDATE_CHECK: '1',
          DO_NOT_TRACK: '1',
          NO_COLOR: '1',
        },
        timeout: 30_000,
      },
    );
    return stdout.trim();
  };
}
