// The runtimes that the client is promised for; one more is a line in the table and, if need be, a way to run it.

import { runBrowser } from './run-browser.ts';
import { runCommand } from './run-command.ts';
import { runWorker } from './run-worker.ts';

/** Runs what is staged in `folder` against the server; resolves with what the runtime calls itself. */
export type Run = (folder: string, baseURL: string) => Promise<string>;

export const RUNTIMES: readonly { name: string; userAgent: string; run: Run }[] = [
  ...['20', '22', '24', '26'].flatMap((version) => {
    const [binary, userAgent] = [`node-${version}/bin/node`, `Node.js/${version}`];
    return [
      { name: `Node ${version}`, userAgent, run: runCommand(binary) },
      { name: `node:http of Node ${version}`, userAgent, run: runCommand(binary, [], 'node-command.js') },
    ];
  }),
  { name: 'Bun', userAgent: 'Bun/', run: runCommand('@oven/bun-linux-x64/bin/bun', ['run']) },
  {
    name: 'Deno',
    userAgent: 'Deno/',
    // The client needs no permission but to reach its server: without those of the environment, it does without them.
    run: runCommand('@deno/linux-x64-glibc/deno', [
      'run',
      '--no-prompt',
      '--no-remote',
      '--node-modules-dir=manual',
      '--allow-net=127.0.0.1',
    ]),
  },
  { name: 'a Workers runtime', userAgent: 'Cloudflare-Workers', run: runWorker },
  { name: 'a browser', userAgent: 'Chrome/147.', run: runBrowser },
];
