// What the client weighs, against the limits of size-limits.ts.

import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { cp, mkdtemp, readFile, rm, symlink } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { it } from 'node:test';
import { promisify } from 'node:util';

import { measureBundle } from './bundle.ts';
import { BUNDLE_LIMITS, UNPACKED_KIB_LIMIT } from './size-limits.ts';

const CLIENT = join(import.meta.dirname, '..');
const ROOT = join(CLIENT, '../..');

for (const { name, source, gzipBytes: most } of BUNDLE_LIMITS) {
  it(`A bundle of ${name} has at most ${most} bytes after gzip`, async () => {
    const { gzipBytes } = await measureBundle(source, CLIENT, ['@colloquy/source']);
    assert.ok(gzipBytes <= most, `${gzipBytes} bytes`);
    // An import that a bundler drops would fit any limit.
    assert.ok(gzipBytes > 100, `${gzipBytes} bytes`);
  });
}

it(`The package has at most ${UNPACKED_KIB_LIMIT} KiB and no dependencies`, async (t) => {
  // A copy: other tests pack the client too, and that builds it anew.
  const root = await mkdtemp(join(tmpdir(), 'colloquy-size-'));
  t.after(() => rm(root, { recursive: true }));
  const folder = join(root, 'packages/client');
  for (const name of ['package.json', 'README.md', 'LICENSE', 'tsconfig.json', 'src']) {
    await cp(join(CLIENT, name), join(folder, name), { recursive: true });
  }
  for (const name of ['tsconfig.base.json', 'package.json', 'scripts']) {
    await cp(join(ROOT, name), join(root, name), { recursive: true });
  }
  await symlink(join(ROOT, 'node_modules'), join(root, 'node_modules'));
  const { stdout } = await promisify(execFile)('npm', ['pack', '--dry-run', '--json'], { cwd: folder });
  const [, unpackedSize = NaN] = /"unpackedSize": (\d+)/.exec(stdout) ?? [];
  assert.match(stdout, /"path": "dist\/index\.js"/);
  assert.ok(Number(unpackedSize) <= UNPACKED_KIB_LIMIT * 1024, `${unpackedSize} bytes`);
  const { dependencies = {} } = JSON.parse(await readFile(join(folder, 'package.json'), 'utf8')) as {
    dependencies?: Record<string, string>;
  };
  assert.deepEqual(dependencies, {});
});
