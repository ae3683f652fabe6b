// A folder of scripts on a web server of its own, and a page that runs one of them as a module.

import { readFile } from 'node:fs/promises';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';

/** Browsers know no packages, only URLs. */
const IMPORTS = { '@colloquy/client': '/node_modules/@colloquy/client/dist/index.js' };

/** Serves the page on a free port, under a name that makes it another site than `127.0.0.1`, until it is disposed of. */
export async function servePage(
  folder: string,
  script: string,
): Promise<AsyncDisposable & { readonly url: string }> {
  const page = `<!doctype html>
<title>@colloquy/client</title>
<script type="importmap">${JSON.stringify({ imports: IMPORTS })}</script>
<script type="module" src="${script}"></script>`;
  const server = createServer(async ({ url = '' }, response) => {
    const { pathname } = new URL(url, 'http://localhost');
    if (pathname === '/') {
      response.writeHead(200, { 'content-type': 'text/html; charset=utf-8' }).end(page);
      return;
    }
    const text = await readFile(join(folder, pathname), 'utf8').catch(() => undefined);
    response.writeHead(text === undefined ? 404 : 200, { 'content-type': 'text/javascript' }).end(text);
  });
  await new Promise<void>((resolve) => {
    server.listen(0, '127.0.0.1', resolve);
  });
  const { port } = server.address() as AddressInfo;
  return {
    url: `http://localhost:${port}/`,
    async [Symbol.asyncDispose]() {
      server.closeAllConnections();
      await new Promise((resolve) => {
        server.close(resolve);
      });
    },
  };
}
