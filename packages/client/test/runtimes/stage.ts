// The program as every runtime can read it: JavaScript in a folder, with the built client installed by its name.

import { cp, mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { stripTypeScriptTypes } from 'node:module';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

const HERE = import.meta.dirname;
const CLIENT = join(HERE, '../..');

/** Makes the folder; it is gone after `t`. */
export async function stage(t: { after(cleanup: () => Promise<void>): void }): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'colloquy-runtimes-'));
  t.after(() => rm(folder, { recursive: true }));
  for (const name of ['command', 'node-command', 'page', 'program', 'user-agent', 'worker']) {
    const source = await readFile(join(HERE, `${name}.ts`), 'utf8');
    const script = stripTypeScriptTypes(source).replaceAll(/(from '\.\/[\w-]+)\.ts'/g, "$1.js'");
    await writeFile(join(folder, `${name}.js`), script);
  }
  const installed = join(folder, 'node_modules/@colloquy/client');
  await mkdir(installed, { recursive: true });
  await cp(join(CLIENT, 'package.json'), join(installed, 'package.json'));
  await cp(join(CLIENT, 'dist'), join(installed, 'dist'), { recursive: true });
  await writeFile(
    join(folder, 'package.json'),
    JSON.stringify({ type: 'module', dependencies: { '@colloquy/client': '*' } }),
  );
  return folder;
}
