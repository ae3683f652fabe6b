// A real server on a free port of loopback, with a store of its own, gone after the test.

import assert from 'node:assert/strict';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import type { FastifyInstance } from 'fastify';

import { buildApp, type AppOptions } from '../src/app.ts';
import type { Config, UpstreamConfig } from '../src/config/config.ts';
import { loadConfig } from '../src/config/load-config.ts';
import { createContext, type Context } from '../src/context.ts';
import type { JournalOptions } from '../src/gateway/journal.ts';

export interface TestServer {
  readonly url: string;
  /** What SDKs take. */
  readonly baseURL: string;
  readonly app: FastifyInstance;
  readonly context: Context;
}

/** A test, or whatever else runs these when it has ended. */
interface CleanUp {
  after(cleanup: () => Promise<void>): void;
}

/** Without upstreams in `config`, the demo answers. */
export async function startServer(
  t: CleanUp,
  config: Partial<Config> = {},
  options: AppOptions & JournalOptions = {},
): Promise<TestServer> {
  const dataDir = config.dataDir ?? (await mkdtemp(join(tmpdir(), 'colloquy-test-')));
  const context = await createContext(
    {
      host: '127.0.0.1',
      port: 0,
      allowedOrigins: [],
      dataDir,
      storeUrl: undefined,
      storePolicy: 'requested',
      retain: [],
      replay: 'off',
      logLevel: 'silent',
      onDisconnect: 'finish',
      finishTimeoutMs: 300_000,
      finishMaxBytes: 16_777_216,
      pingIntervalMs: 15_000,
      workers: 1,
      upstreams: [],
      ...config,
    },
    options,
  );
  const app = await buildApp(context, options);
  t.after(async () => {
    await app.close();
    if (config.dataDir === undefined) await rm(dataDir, { recursive: true });
  });
  const url = await app.listen({ host: '127.0.0.1', port: 0 });
  return { url, baseURL: `${url}/v1`, app, context };
}

/** The configuration of an upstream at `baseURL` that serves every model, and is asked once for each request. */
export function upstreamAt(baseURL: string, more: Partial<UpstreamConfig> = {}): UpstreamConfig {
  const [upstream] = loadConfig({ upstream: baseURL }, {}).upstreams;
  assert.ok(upstream);
  return { ...upstream, name: 'upstream', retries: 0, ...more };
}

/** Sends JSON, and leaves the answer to be read. */
export function post(url: string, body: unknown, signal?: AbortSignal): Promise<Response> {
  return fetch(url, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify(body),
    ...(signal && { signal }),
  });
}

/** Sends JSON and reads the answer whole. */
export async function send(
  url: string,
  init: {
    method?: string;
    body?: unknown;
    text?: string | Uint8Array<ArrayBuffer>;
    headers?: Record<string, string>;
  } = {},
): Promise<{ status: number; headers: Headers; text: string; json: any }> {
  const { method, body, headers = {} } = init;
  const payload = init.text ?? (body === undefined ? undefined : JSON.stringify(body));
  const response = await fetch(url, {
    method: method ?? (payload === undefined ? 'GET' : 'POST'),
    headers: { ...(payload !== undefined && { 'content-type': 'application/json' }), ...headers },
    ...(payload !== undefined && { body: payload }),
  });
  const text = await response.text();
  return { status: response.status, headers: response.headers, text, json: parse(text) };
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
