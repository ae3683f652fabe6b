// What `npm install` puts into an empty folder: the client as it is packed, the peers in the versions compared here.

import { execFile } from 'node:child_process';
import { mkdir, mkdtemp, readdir, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';

import { UNPACKED_KIB_LIMIT } from '../../../packages/client/test/size-limits.ts';
import { IMPORTS, TITLES, type SubjectName } from '../subjects/subjects.ts';
import { formatLimit, type Table } from '../table.ts';

/** Those whose imports are packages of their own. */
const INSTALLED: readonly SubjectName[] = ['colloquy', 'openai', 'xsai', 'ai'];

const run = promisify(execFile);
const BENCH = join(import.meta.dirname, '../..');
const CLIENT = join(BENCH, '../packages/client');

export async function measureInstallSize(): Promise<Table> {
  const folder = await mkdtemp(join(tmpdir(), 'colloquy-bench-'));
  try {
    const rows = await Promise.all(INSTALLED.map((name) => measureInstall(name, join(folder, name))));
    return { title: 'Installed', head: ['', 'packages', 'size', 'dependencies', 'must be'], rows };
  } finally {
    await rm(folder, { recursive: true });
  }
}

async function measureInstall(name: SubjectName, folder: string): Promise<string[]> {
  await mkdir(folder);
  await writeFile(join(folder, 'package.json'), '{ "private": true }');
  const wanted =
    name === 'colloquy' ? [await packClient(folder)] : await Promise.all(IMPORTS[name].map(addVersion));
  const flags = ['--ignore-scripts', '--no-audit', '--no-fund', '--prefer-offline'];
  await run('npm', ['install', ...flags, ...wanted], { cwd: folder });

  const lock = await readJson<{ packages: object }>(join(folder, 'node_modules/.package-lock.json'));
  const packages = Object.keys(lock.packages).length;
  const kib = (await sumSizes(join(folder, 'node_modules'))) / 1024;
  const dependencies = await Promise.all(
    IMPORTS[name].map((wantedName) => countDependencies(join(folder, 'node_modules', wantedName))),
  );
  const count = dependencies.reduce((sum, each) => sum + each, 0);
  const verdict = [
    formatLimit(packages, 1, 'package'),
    formatLimit(kib, UNPACKED_KIB_LIMIT, 'KiB'),
    formatLimit(count, 0, 'dependencies'),
  ].join(' · ');
  return [
    TITLES[name],
    String(packages),
    `${kib.toFixed(0)} KiB`,
    String(count),
    name === 'colloquy' ? verdict : '',
  ];
}

/** Packs what stands in `dist`, which the command has just built; returns the tarball. */
async function packClient(folder: string): Promise<string> {
  const args = ['pack', '--json', '--ignore-scripts', '--pack-destination', folder];
  const { stdout } = await run('npm', args, { cwd: CLIENT });
  const [{ filename }] = JSON.parse(stdout) as [{ filename: string }];
  return join(folder, filename);
}

async function addVersion(name: string): Promise<string> {
  const { version } = await readJson<{ version: string }>(join(BENCH, 'node_modules', name, 'package.json'));
  return `${name}@${version}`;
}

async function countDependencies(folder: string): Promise<number> {
  const { dependencies = {} } = await readJson<{ dependencies?: object }>(join(folder, 'package.json'));
  return Object.keys(dependencies).length;
}

async function sumSizes(folder: string): Promise<number> {
  let sum = 0;
  for (const entry of await readdir(folder, { withFileTypes: true, recursive: true })) {
    if (entry.isFile()) sum += (await stat(join(entry.parentPath, entry.name))).size;
  }
  return sum;
}

async function readJson<T>(path: string): Promise<T> {
  return JSON.parse(await readFile(path, 'utf8')) as T;
}
