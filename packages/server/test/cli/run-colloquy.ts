// The command as a user runs it: a process of its own.

import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import type { TestContext } from 'node:test';
import { fileURLToPath } from 'node:url';

const COMMAND = fileURLToPath(new URL('../../src/cli/colloquy.ts', import.meta.url));

export interface Run {
  readonly process: ChildProcess;
  /** What was printed so far. */
  readonly output: { stdout: string; stderr: string };
  /** Resolves with the exit code, or the signal that ended it. */
  readonly ended: Promise<number | string>;
}

/**
 * Runs `colloquy` with only the given environment, so that the developer's own settings do not matter. `wrapper` is a
 * command that ends by executing its last arguments.
 */
export function runColloquy(
  t: TestContext,
  args: readonly string[],
  env: Record<string, string> = {},
  wrapper: readonly string[] = [],
): Run {
  const [command, ...rest] = [...wrapper, process.execPath, '--conditions=@colloquy/source', COMMAND];
  const child = spawn(command, [...rest, ...args], {
    env: { PATH: process.env['PATH'] ?? '', ...env },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  const output = { stdout: '', stderr: '' };
  child.stdout.setEncoding('utf8').on('data', (text: string) => (output.stdout += text));
  child.stderr.setEncoding('utf8').on('data', (text: string) => (output.stderr += text));
  const ended = once(child, 'close').then(([code, signal]) => (code ?? signal) as number | string);
  t.after(async () => {
    child.kill('SIGKILL');
    await ended;
  });
  return { process: child, output, ended };
}

export interface Serving extends Run {
  /** What the process says that it listens on. */
  readonly url: string;
}

/** Runs `colloquy serve` on a free port until it says that it serves. */
export async function runServe(
  t: TestContext,
  args: readonly string[],
  env: Record<string, string> = {},
  wrapper: readonly string[] = [],
): Promise<Serving> {
  const run = runColloquy(t, ['serve', '--port', '0', ...args], env, wrapper);
  const url = await new Promise<string>((resolve, reject) => {
    run.process.stdout?.on('data', () => {
      const found = /serves (http:\S+),/.exec(run.output.stdout)?.[1];
      if (found !== undefined) resolve(found);
    });
    void run.ended.then((code) => reject(new Error(`ended with ${code}: ${run.output.stderr}`)));
  });
  return { ...run, url };
}
