// A Workers runtime, workerd, as miniflare starts it.

import assert from 'node:assert/strict';
import { readdir } from 'node:fs/promises';
import { join } from 'node:path';

/** What is used of miniflare, whose types are there only once this folder's packages are installed. */
interface MiniflareModule {
  Miniflare: new (options: object) => {
    dispatchFetch(
      url: string,
      init: { method: string; body: string },
    ): Promise<{ status: number; text(): Promise<string> }>;
    dispose(): Promise<void>;
  };
}

export async function runWorker(folder: string, baseURL: string): Promise<string> {
  const name: string = 'miniflare';
  const { Miniflare } = (await import(name)) as MiniflareModule;
  const miniflare = new Miniflare({
    compatibilityDate: '2026-04-01',
    modulesRoot: folder,
    modules: await listModules(folder),
    // Else it asks the network what a request to Cloudflare looks like.
    cf: false,
  });
  try {
    const response = await miniflare.dispatchFetch('http://worker/', { method: 'POST', body: baseURL });
    const text = await response.text();
    assert.equal(response.status, 200, text);
    return text;
  } finally {
    await miniflare.dispose();
  }
}

/** workerd knows no packages, only modules by their paths: the client's name becomes one. The entry is first. */
async function listModules(folder: string): Promise<object[]> {
  const files = await readdir(folder, { recursive: true });
  const scripts = files.filter((file) => file.endsWith('.js') && file !== 'worker.js');
  return [
    ...['worker.js', ...scripts].map((file) => ({ type: 'ESModule', path: join(folder, file) })),
    {
      type: 'ESModule',
      path: join(folder, '@colloquy/client'),
      contents: "export * from '../node_modules/@colloquy/client/dist/index.js';",
    },
  ];
}
