import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import type { TestContext } from 'node:test';
import { fileURLToPath } from 'node:url';

const SCRIPT = fileURLToPath(new URL('./insert-until-killed.ts', import.meta.url));

/** Takes a store as its argument. */
export const INSERT_UNTIL_KILLED = [process.execPath, '--conditions=@colloquy/source', SCRIPT];

/** Runs a command; it is killed when the test ends. */
export function start(t: TestContext, command: readonly string[]): ChildProcess {
  const [name = '', ...args] = command;
  const child = spawn(name, args, { stdio: ['ignore', 'pipe', 'inherit'] });
  t.after(() => child.kill('SIGKILL'));
  return child;
}

/** The whole lines that a process prints; `onLine` hears of each. */
export async function readLines(
  child: ChildProcess,
  onLine: (count: number) => void = () => {},
): Promise<string[]> {
  const lines: string[] = [];
  const closed = once(child, 'close');
  for await (const line of createInterface({ input: child.stdout! })) onLine(lines.push(line));
  await closed;
  return lines;
}
