// What a bundler makes of an import: the bytes that a page would load.

import { gzipSync } from 'node:zlib';

import { build } from 'esbuild';

export interface BundleSize {
  readonly minifiedBytes: number;
  readonly gzipBytes: number;
}

/** `source` is a module; what it imports is found from `folder`, under these conditions beside the usual ones. */
export async function measureBundle(
  source: string,
  folder: string,
  conditions: readonly string[] = [],
): Promise<BundleSize> {
  const { outputFiles } = await build({
    stdin: { contents: source, resolveDir: folder },
    bundle: true,
    minify: true,
    format: 'esm',
    platform: 'browser',
    target: 'es2022',
    conditions: [...conditions],
    // Some packages ask for parts of Node where they find it.
    external: ['node:*'],
    write: false,
    logLevel: 'error',
  });
  const bytes = Buffer.concat(outputFiles.map(({ contents }) => contents));
  return { minifiedBytes: bytes.length, gzipBytes: gzipSync(bytes, { level: 9 }).length };
}
