import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { TestContext } from 'node:test';

import { makeFolder } from '../make-folder.ts';

/** Writes a configuration file, gone after the test, and returns its path. */
export async function writeConfig(t: TestContext, content: string | Uint8Array): Promise<string> {
  const path = join(await makeFolder(t), 'colloquy.yaml');
  await writeFile(path, content);
  return path;
}
