// Makes of what the compiler wrote what is published: a file for each entry and what they share in a few more, since
// loading a file for each module costs more; without what nobody can reach from an entry.

import { glob, readFile, rm, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';

import { build } from 'esbuild';

const CLIENT = join(import.meta.dirname, '../packages/client');

interface Entry {
  readonly '@colloquy/source': string;
  readonly types: string;
}

const { exports } = JSON.parse(await readFile(join(CLIENT, 'package.json'), 'utf8')) as {
  exports: Record<string, Entry>;
};
const entries = Object.values(exports);

for await (const path of glob('dist/**/*.js', { cwd: CLIENT })) await rm(join(CLIENT, path));
await build({
  absWorkingDir: CLIENT,
  entryPoints: entries.map((entry) => entry['@colloquy/source']),
  outdir: 'dist',
  outbase: 'src',
  chunkNames: 'shared-[hash]',
  bundle: true,
  splitting: true,
  format: 'esm',
  platform: 'neutral',
  external: ['node:*'],
  target: 'es2022',
  // The types have the comments. Names stay, for those who read a stack.
  minifyWhitespace: true,
  minifySyntax: true,
});

const reachable = new Set<string>();
for (const { types } of entries) await reach(join(CLIENT, types));
for await (const path of glob('dist/**/*.d.ts', { cwd: CLIENT })) {
  if (!reachable.has(join(CLIENT, path))) await rm(join(CLIENT, path));
}

// What stands in `dist` is no longer what the compiler believes to have written: it must write all of it next time.
for await (const path of glob('*.tsbuildinfo', { cwd: CLIENT })) await rm(join(CLIENT, path));

/** Notes the declarations and those that they import, and indents them by tabs: four spaces weigh four bytes. */
async function reach(path: string): Promise<void> {
  if (reachable.has(path)) return;
  reachable.add(path);
  const text = await readFile(path, 'utf8');
  await writeFile(
    path,
    text.replaceAll(/^(?: {4})+/gm, (spaces) => '\t'.repeat(spaces.length / 4)),
  );
  for (const [, specifier = ''] of text.matchAll(/(?:from |import\()["'](\.[^"']+)["']/g)) {
    await reach(join(dirname(path), specifier.replace(/\.[jt]s$/, '.d.ts')));
  }
}
