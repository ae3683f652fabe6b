// A real browser, Chromium: its page is of another site than the server, whose CORS is tried with it.

import { execFile } from 'node:child_process';
import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';

import { servePage } from './serve-page.ts';

/** What is used of playwright-core, whose types are there only once this folder's packages are installed. */
interface PlaywrightModule {
  chromium: {
    launch(options: {
      executablePath: string;
      env: Record<string, string>;
      timeout: number;
    }): Promise<{ newPage(): Promise<Page>; close(): Promise<void> }>;
  };
}

interface Page {
  goto(url: string, options: { timeout: number }): Promise<unknown>;
  once(event: 'pageerror', listener: (error: Error) => void): void;
  waitForEvent(
    event: 'console',
    options: { predicate: (message: ConsoleMessage) => boolean; timeout: number },
  ): Promise<ConsoleMessage>;
}

interface ConsoleMessage {
  type(): string;
  text(): string;
}

/** The longest that a step may take, in milliseconds. */
const TIMEOUT_MS = 30_000;

export async function runBrowser(folder: string, baseURL: string): Promise<string> {
  const name: string = 'playwright-core';
  const { chromium } = (await import(name)) as PlaywrightModule;
  // Not the flags that the browser's package recommends: they switch off what keeps origins apart.
  const browser = await chromium.launch({ ...(await unpackBrowser(folder)), timeout: TIMEOUT_MS });
  try {
    await using page = await servePage(folder, `/page.js?baseURL=${encodeURIComponent(baseURL)}`);
    return await readLog(await browser.newPage(), page.url);
  } finally {
    await browser.close();
  }
}

/** Its package unpacks it where temporary files go, once for all versions: here, that is the folder, which goes. */
async function unpackBrowser(
  folder: string,
): Promise<{ executablePath: string; env: Record<string, string> }> {
  const home = join(folder, 'browser');
  await mkdir(home);
  const script = "import chromium from '@sparticuz/chromium'; console.log(await chromium.executablePath());";
  const { stdout } = await promisify(execFile)(process.execPath, ['--input-type=module', '--eval', script], {
    cwd: import.meta.dirname,
    // Only for what it takes for Amazon's functions does it unpack the libraries that a bare system lacks.
    env: { TMPDIR: home, AWS_LAMBDA_JS_RUNTIME: 'nodejs24.x' },
    timeout: TIMEOUT_MS,
  });
  return {
    executablePath: stdout.trim(),
    env: {
      HOME: home,
      TMPDIR: home,
      LD_LIBRARY_PATH: join(home, 'al2023/lib'),
      FONTCONFIG_PATH: join(home, 'fonts'),
    },
  };
}

/** Opens the page; resolves with what it logs, and rejects with what it throws. */
async function readLog(page: Page, url: string): Promise<string> {
  const thrown = new Promise<never>((_resolve, reject) => {
    page.once('pageerror', reject);
  });
  // The browser itself logs, as an error, that there was a 404.
  const predicate = (message: ConsoleMessage): boolean => message.type() === 'log';
  const logged = page.waitForEvent('console', { predicate, timeout: TIMEOUT_MS });
  const [message] = await Promise.all([
    Promise.race([logged, thrown]),
    page.goto(url, { timeout: TIMEOUT_MS }),
  ]);
  return message.text();
}
