// What is compared: each is started in a process of its own, in front of the same upstream.

import { spawn, spawnSync, type ChildProcess } from 'node:child_process';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';

import { startColloquy, type Place, type Serving } from './colloquy.ts';
import { startDatabase } from './database.ts';
import { answers, findFreePort, forkServer, own, waitFor } from './processes.ts';

export interface Gateway {
  readonly port: number;
  /** Undefined where no gateway stands before the upstream. */
  readonly process: ChildProcess | undefined;
  /** Sent with every request. */
  readonly headers: Readonly<Record<string, string>>;
  /** Whether its requests ask to be kept. */
  readonly isKept: boolean;
  /** How much of a scenario's requests it gets: the slow ones fewer, so that a round stays short. */
  readonly share: number;
  /** Ends what was started for it, beside its process. */
  readonly stop?: () => Promise<void>;
}

export interface Comparison extends Place {
  /** Another checkout, measured beside this one. */
  readonly beside: string | undefined;
}

const PORTKEY = join(import.meta.dirname, 'node_modules/@portkey-ai/gateway/build/start-server.js');

const PLAIN = { headers: {}, isKept: false, share: 1 };

/** Each with a starter: undefined means that it is not installed, or not asked for. */
export const GATEWAYS = {
  direct: async ({ upstreamPort }) => ({ ...PLAIN, port: upstreamPort, process: undefined }),
  nginx: startNginx,
  L: (place) => startBare(place, 'limit.ts'),
  fastify: (place) => startBare(place, 'bare-fastify.ts'),
  colloquy: (place) => serve(place, { name: 'colloquy' }),
  beside: async (place) =>
    place.beside === undefined ? undefined : serve(place, { name: 'beside', checkout: place.beside }),
  'beside, kept': async (place) => {
    if (place.beside === undefined) return undefined;
    return { ...(await serve(place, { name: 'beside-kept', checkout: place.beside })), isKept: true };
  },
  'L, kept': async (place) => ({ ...(await startBare(place, 'limit-kept.ts')), isKept: true }),
  'kept, SQLite': async (place) => ({ ...(await serve(place, { name: 'kept' })), isKept: true }),
  'kept, PostgreSQL': startWithPostgres,
  Portkey: startPortkey,
} as const satisfies Readonly<Record<string, (place: Comparison) => Promise<Gateway | undefined>>>;

export type GatewayName = keyof typeof GATEWAYS;

async function startBare({ upstreamPort, folder }: Place, program: string): Promise<Gateway> {
  const env = { UPSTREAM: `http://127.0.0.1:${upstreamPort}`, FOLDER: folder };
  return { ...PLAIN, ...(await forkServer(program, env)) };
}

async function serve(place: Place, serving: Serving): Promise<Gateway> {
  return { ...PLAIN, ...(await startColloquy(place, serving)) };
}

async function startWithPostgres(place: Place): Promise<Gateway | undefined> {
  const database = await startDatabase();
  if (database === undefined) return undefined;
  const gateway = await serve(place, { name: 'kept-postgres', options: [`--store-url=${database.url}`] });
  return { ...gateway, isKept: true, stop: database.stop };
}

async function startNginx({ upstreamPort, folder }: Place): Promise<Gateway | undefined> {
  if (spawnSync('nginx', ['-v']).error !== undefined) return undefined;
  const port = await findFreePort();
  const file = join(folder, 'nginx.conf');
  await writeFile(file, composeNginxConf(port, upstreamPort, folder));
  const child = own(
    spawn('nginx', ['-c', file, '-e', join(folder, 'nginx-error.log')], { stdio: 'inherit' }),
  );
  await waitFor('nginx', child, () => answers(port));
  return { ...PLAIN, port, process: child };
}

/** One process, connections kept on both sides, each piece passed on as it comes. */
function composeNginxConf(port: number, upstreamPort: number, folder: string): string {
  return `
daemon off; master_process off; pid ${folder}/nginx.pid;
events { worker_connections 4096; }
http {
  access_log off; keepalive_requests 100000000;
  client_body_buffer_size 256k; client_max_body_size 64m; client_body_temp_path ${folder}/nginx-body;
  proxy_temp_path ${folder}/nginx-proxy; fastcgi_temp_path ${folder}/nginx-fastcgi;
  uwsgi_temp_path ${folder}/nginx-uwsgi; scgi_temp_path ${folder}/nginx-scgi;
  upstream model { server 127.0.0.1:${upstreamPort}; keepalive 512; keepalive_requests 100000000; }
  server {
    listen 127.0.0.1:${port};
    location / {
      proxy_pass http://model; proxy_http_version 1.1; proxy_set_header Connection "";
      proxy_buffering off; proxy_read_timeout 600s;
    }
  }
}
`;
}

async function startPortkey({ upstreamPort }: Place): Promise<Gateway> {
  const port = await findFreePort();
  const child = own(spawn(process.execPath, [PORTKEY, `--port=${port}`, '--headless'], { stdio: 'ignore' }));
  await waitFor('Portkey', child, () => answers(port));
  const headers = {
    'x-portkey-provider': 'openai',
    'x-portkey-custom-host': `http://127.0.0.1:${upstreamPort}/v1`,
  };
  return { port, process: child, headers, isKept: false, share: 0.1 };
}
