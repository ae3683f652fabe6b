// `colloquy serve` as people run it: what is built, with its log in a file.

import { spawn } from 'node:child_process';
import { openSync } from 'node:fs';
import { join } from 'node:path';

import { own, waitFor, type Started } from './processes.ts';

const CHECKOUT = join(import.meta.dirname, '../..');

export interface Place {
  readonly upstreamPort: number;
  /** For files; removed after the run. */
  readonly folder: string;
}

export interface Serving {
  /** Names its files. */
  readonly name: string;
  /** Another checkout of this repository, installed and built. Default: this one. */
  readonly checkout?: string | undefined;
  readonly options?: readonly string[];
  /** Of Node. */
  readonly nodeOptions?: readonly string[];
}

export interface StartedColloquy extends Started {
  /** The file of its log. */
  readonly log: string;
}

export async function startColloquy(
  { upstreamPort, folder }: Place,
  { name, checkout = CHECKOUT, options = [], nodeOptions = [] }: Serving,
): Promise<StartedColloquy> {
  const log = join(folder, `${name}.log`);
  const args = [
    ...nodeOptions,
    join(checkout, 'packages/server/dist/cli/colloquy.js'),
    'serve',
    '--port=0',
    `--upstream=http://127.0.0.1:${upstreamPort}/v1`,
    `--data=${join(folder, name)}`,
    ...options,
  ];
  const env = { ...process.env, OPENAI_API_KEY: 'none' };
  const child = own(spawn(process.execPath, args, { env, stdio: ['ignore', 'pipe', openSync(log, 'w')] }));
  let output = '';
  child.stdout?.setEncoding('utf8').on('data', (text: string) => (output += text));
  const port = await waitFor(name, child, async () => /serves http:\S+:(\d+),/.exec(output)?.[1]);
  return { port: Number(port), process: child, log };
}
