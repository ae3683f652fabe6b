// What is published: both packages packed, installed in an empty folder, and used as a stranger would.

import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { delimiter, dirname, join } from 'node:path';
import { it } from 'node:test';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';

import { makeFolder } from './make-folder.ts';
import { startServer } from './start-server.ts';

const run = promisify(execFile);
const ROOT = fileURLToPath(new URL('../../..', import.meta.url));

/** JavaScript that is TypeScript as well. */
const PROGRAM = `
import { Colloquy, createChatCompletion, NotFoundError } from '@colloquy/client';

const options = { baseURL: String(process.argv[2]) };
const created = await createChatCompletion(options, {
  model: 'eliza',
  messages: [{ role: 'user', content: 'I am sad.' }],
  store: true,
});
const { completions } = new Colloquy(options).chat;
for await (const kept of completions.list()) console.log(kept.choices[0]?.message.content);
await completions.delete(created.id);
console.log(await completions.retrieve(created.id).catch((error) => error instanceof NotFoundError));
`;

const TYPED = `${PROGRAM}
import type { ChatCompletion } from '@colloquy/client/contract';
created satisfies ChatCompletion;
`;

/** What must not compile: were the types lost, everything would be `any` and pass. */
const REFUSALS = `
import { Colloquy } from '@colloquy/client';
const { completions } = new Colloquy().chat;
// @ts-expect-error -- messages are missing
void completions.create({ model: 'eliza' });
// @ts-expect-error -- no such member
void completions.retrieve('x').then((completion) => completion.choice);
`;

// npm packs, builds and installs: on a busy machine that takes its time.
it('The packages work when they are installed from their tarballs', { timeout: 240_000 }, async (t) => {
  const folder = await makeFolder(t);
  const tarballs = join(folder, 'tarballs');
  const app = join(folder, 'app');
  await mkdir(tarballs);
  await mkdir(app);
  const workspaces = ['--workspace=packages/client', '--workspace=packages/server'];
  const { stdout } = await run('npm', ['pack', '--json', '--pack-destination', tarballs, ...workspaces], {
    cwd: ROOT,
  });
  const files = [...stdout.matchAll(/"filename": "([^"]+\.tgz)"/g)].map(([, name = '']) =>
    join(tarballs, name),
  );
  assert.equal(files.length, 2);
  const packed = [...stdout.matchAll(/"path": "([^"]+)"/g)].map(([, path]) => path);
  for (const path of ['LICENSE', 'README.md', 'package.json', 'dist/index.d.ts', 'dist/cli/colloquy.js']) {
    assert.ok(packed.includes(path), path);
  }
  assert.deepEqual(
    packed.filter((path) => /test|\.ts$/.test(path ?? '') && !path?.endsWith('.d.ts')),
    [],
  );

  await writeFile(join(app, 'package.json'), JSON.stringify({ private: true, type: 'module' }));
  const packages = [...files, `@types/node@${await readVersion('@types/node')}`];
  await run('npm', ['install', '--prefer-offline', '--no-audit', '--no-fund', ...packages], { cwd: app });

  // As JavaScript, without any condition of ours.
  const { baseURL } = await startServer(t);
  const script = join(app, 'program.mjs');
  await writeFile(script, PROGRAM);
  const printed = await run(process.execPath, [script, baseURL], { cwd: app });
  assert.equal(printed.stdout, 'I am sorry to hear you are sad.\ntrue\n');
  assert.equal(printed.stderr, '');

  // As TypeScript, with the types of the libraries checked too.
  await writeFile(join(app, 'typed.ts'), TYPED);
  await writeFile(join(app, 'refusals.ts'), REFUSALS);
  await writeFile(
    join(app, 'tsconfig.json'),
    JSON.stringify({
      compilerOptions: { module: 'nodenext', target: 'es2022', strict: true, noEmit: true, types: ['node'] },
      include: ['*.ts'],
    }),
  );
  await run(join(ROOT, 'node_modules/.bin/tsc'), ['-p', '.'], { cwd: app });

  // As a command.
  const colloquy = join(app, 'node_modules/.bin/colloquy');
  const { version } = JSON.parse(await readFile(join(ROOT, 'packages/server/package.json'), 'utf8')) as {
    version: string;
  };
  // The Node of the tests comes first in npm scripts; here, whoever runs this file alone.
  const env = { ...process.env, PATH: `${dirname(process.execPath)}${delimiter}${process.env['PATH']}` };
  assert.equal((await run(colloquy, ['--version'], { env })).stdout, `${version}\n`);
});

async function readVersion(name: string): Promise<string> {
  const text = await readFile(join(ROOT, 'node_modules', name, 'package.json'), 'utf8');
  return (JSON.parse(text) as { version: string }).version;
}
