// What is compared: each is started in a process of its own, in front of the same upstream.

import { fork, spawn, spawnSync, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { openSync } from 'node:fs';
import { writeFile } from 'node:fs/promises';
import { connect, createServer, type AddressInfo } from 'node:net';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';

export interface Gateway {
  readonly name: string;
  readonly port: number;
  /** Undefined where no gateway stands before the upstream. */
  readonly process: ChildProcess | undefined;
  /** Sent with every request. */
  readonly headers: Readonly<Record<string, string>>;
  /** Whether its requests ask to be kept. */
  readonly isKept: boolean;
  /** How much of a scenario's requests it gets: the slow ones fewer, so that a round stays short. */
  readonly share: number;
}

interface Place {
  readonly upstreamPort: number;
  /** For files; removed after the run. */
  readonly folder: string;
}

const COLLOQUY = join(import.meta.dirname, '../../packages/server/src/cli/colloquy.ts');
const PORTKEY = join(import.meta.dirname, 'node_modules/@portkey-ai/gateway/build/start-server.js');
const START_TIMEOUT_MS = 20_000;

const NONE = { headers: {}, isKept: false, share: 1 };

/** Each with a starter: undefined means that it is not installed. */
export const GATEWAYS: Readonly<Record<string, (place: Place) => Promise<Gateway | undefined>>> = {
  direct: async ({ upstreamPort }) => ({ ...NONE, name: 'direct', port: upstreamPort, process: undefined }),
  nginx: startNginx,
  L: startLimit,
  colloquy: (place) => startColloquy(place, 'colloquy', false),
  'colloquy, kept': (place) => startColloquy(place, 'colloquy, kept', true),
  Portkey: startPortkey,
};

/** Forks one of our own programs, which tells its port. */
export async function forkServer(
  file: string,
  env: Record<string, string> = {},
): Promise<{ process: ChildProcess; port: number }> {
  const child = fork(join(import.meta.dirname, file), { env: { ...process.env, ...env } });
  const [port] = (await once(child, 'message')) as [number];
  return { process: child, port };
}

async function startLimit({ upstreamPort }: Place): Promise<Gateway> {
  const server = await forkServer('limit.ts', { UPSTREAM: `http://127.0.0.1:${upstreamPort}` });
  return { ...NONE, name: 'L', ...server };
}

/** As people run it, with its log in a file. */
async function startColloquy(
  { upstreamPort, folder }: Place,
  name: string,
  isKept: boolean,
): Promise<Gateway> {
  const log = openSync(join(folder, `${name}.log`), 'w');
  const child = spawn(
    process.execPath,
    [
      '--conditions=@colloquy/source',
      COLLOQUY,
      'serve',
      '--port=0',
      `--upstream=http://127.0.0.1:${upstreamPort}/v1`,
      `--data=${join(folder, name)}`,
    ],
    { env: { ...process.env, OPENAI_API_KEY: 'none' }, stdio: ['ignore', 'pipe', log] },
  );
  let output = '';
  child.stdout?.setEncoding('utf8').on('data', (text: string) => (output += text));
  const port = await waitFor(name, child, async () => /serves http:\S+:(\d+),/.exec(output)?.[1]);
  return { ...NONE, name, port: Number(port), process: child, isKept };
}

async function startNginx({ upstreamPort, folder }: Place): Promise<Gateway | undefined> {
  if (spawnSync('nginx', ['-v']).error !== undefined) return undefined;
  const port = await findFreePort();
  const file = join(folder, 'nginx.conf');
  await writeFile(file, composeNginxConf(port, upstreamPort, folder));
  const child = spawn('nginx', ['-c', file, '-e', join(folder, 'nginx-error.log')], { stdio: 'inherit' });
  await waitFor('nginx', child, () => answers(port));
  return { ...NONE, name: 'nginx', port, process: child };
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
  const child = spawn(process.execPath, [PORTKEY, `--port=${port}`, '--headless'], { stdio: 'ignore' });
  await waitFor('Portkey', child, () => answers(port));
  const headers = {
    'x-portkey-provider': 'openai',
    'x-portkey-custom-host': `http://127.0.0.1:${upstreamPort}/v1`,
  };
  return { name: 'Portkey', port, process: child, headers, isKept: false, share: 0.1 };
}

async function waitFor<T>(name: string, child: ChildProcess, look: () => Promise<T | undefined>): Promise<T> {
  for (const giveUpAt = Date.now() + START_TIMEOUT_MS; Date.now() < giveUpAt; await delay(50)) {
    const found = await look();
    if (found !== undefined) return found;
    if (child.exitCode !== null) throw new Error(`${name} ended with ${child.exitCode}`);
  }
  throw new Error(`${name} did not start within ${START_TIMEOUT_MS} ms`);
}

async function answers(port: number): Promise<true | undefined> {
  const socket = connect(port, '127.0.0.1');
  return new Promise((resolve) => {
    socket.once('connect', () => resolve(true)).once('error', () => resolve(undefined));
  }).then((found) => {
    socket.destroy();
    return found as true | undefined;
  });
}

async function findFreePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  server.close();
  return port;
}
