// The runtimes that the client is promised for; one more is a line in the table and, if need be, a way to run it.

import { runBrowser } from './run-browser.ts';
import { runCommand } from './run-command.ts';
import { runWorker } from './run-worker.ts';

/** Runs what is staged in `folder` against the server; resolves with what the runtime calls itself. */
export type Run = (folder: string, baseURL: string) => Promise<string>;

export const RUNTIMES: readonly { name: string; userAgent: string; run: Run }[] = [
  { name: 'Node 20', userAgent: 'Node.js/20', run: runCommand('node-20/bin/node') },
  { name: 'Node 22', userAgent: 'Node.js/22', run: runCommand('node-22/bin/node') },
  { name: 'Node 24', userAgent: 'Node.js/24', run: runCommand('node-24/bin/node') },
  { name: 'Node 26', userAgent: 'Node.js/26', run: runCommand('node-26/bin/node') },
  { name: 'Bun', userAgent: 'Bun/', run: runCommand('@oven/bun-linux-x64/bin/bun', 'run') },
  {
    name: 'Deno',
    userAgent: 'Deno/',
    // The client needs no permission but to reach its server: without those of the environment, it does without them.
    run: runCommand(
      '@deno/linux-x64-glibc/deno',
      'run',
      '--no-prompt',
      '--no-remote',
      '--node-modules-dir=manual',
      '--allow-net=127.0.0.1',
    ),
  },
  { name: 'a Workers runtime', userAgent: 'Cloudflare-Workers', run: runWorker },
  { name: 'a browser', userAgent: 'Chrome/147.', run: runBrowser },
];
