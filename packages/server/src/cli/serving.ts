// What `serve` does with its settings: one process that serves, or several that share the port.

import cluster from 'node:cluster';

import type { FastifyInstance, FastifyListenOptions } from 'fastify';

import { buildApp } from '../app.ts';
import { ConfigError, type Config } from '../config/config.ts';
import { SETTINGS } from '../config/settings.ts';
import { createContext, type Context } from '../context.ts';
import { createLog } from '../middleware/log.ts';
import { StorageError } from '../storage/storage.ts';
import { welcome } from './welcome.ts';
import { claimPort, reportReady, sharedListening, Workers, type Order } from './workers.ts';

/** Resolves once it serves; a signal ends it. Throws `ConfigError` if a setting does not let it. */
export async function startServing(config: Config): Promise<void> {
  // The store holds whatever people told their models: only the owner may look.
  process.umask(0o077);
  // Whoever read the log may go; the server stays.
  process.stdout.on('error', () => undefined);
  process.stderr.on('error', () => undefined);
  if (cluster.isWorker) await serveAsWorker(config);
  else if (config.workers > 1) await serveByWorkers(config);
  else await serveAlone(config);
}

async function serveAlone(config: Config): Promise<void> {
  const app = await buildApp(await open(config));
  const url = await listen(app, config);
  stopOnSignal(() => void app.close());
  console.log(welcome(url, config));
}

async function serveByWorkers(config: Config): Promise<void> {
  const { host } = config;
  const port = await explainListening(config, () => claimPort(host, config.port));
  const workers = new Workers(port, createLog(config.logLevel));
  stopOnSignal(
    () => workers.stop(),
    () => {
      process.exitCode = 1;
      workers.stop();
    },
  );
  const exitCode = await workers.start(config.workers);
  if (exitCode !== undefined) process.exitCode = exitCode;
  else console.log(welcome(`http://${host.includes(':') ? `[${host}]` : host}:${port}`, config));
}

async function serveAsWorker(config: Config): Promise<void> {
  const app = await buildApp(await open(config));
  await listen(app, { ...config, ...sharedListening() });
  const stop = async (): Promise<void> => {
    await app.close();
    // Nothing else holds the process then.
    cluster.worker?.disconnect();
  };
  process.on('message', (order: Order) => {
    if (order === 'stop-now') process.exit(1);
    void stop();
  });
  process.on('SIGTERM', () => void stop());
  // That of a terminal reaches every process; this one waits for its order.
  process.on('SIGINT', () => undefined);
  reportReady();
}

async function open(config: Config): Promise<Context> {
  try {
    return await createContext(config);
  } catch (error) {
    if (error instanceof StorageError || isSystemError(error)) {
      const { option } = config.storeUrl === undefined ? SETTINGS.dataDir : SETTINGS.storeUrl;
      throw new ConfigError(`--${option}: the store cannot be opened: ${error.message}`);
    }
    throw error;
  }
}

async function listen(
  app: FastifyInstance,
  { host, port, reusePort = false }: Pick<Config, 'host' | 'port'> & { readonly reusePort?: boolean },
): Promise<string> {
  try {
    // Fastify passes on what Node takes; its types do not know all of it.
    return await explainListening({ host, port }, () =>
      app.listen({ host, port, reusePort } as FastifyListenOptions),
    );
  } catch (error) {
    await app.close();
    throw error;
  }
}

async function explainListening<T>(
  { host, port }: Pick<Config, 'host' | 'port'>,
  listenThere: () => Promise<T>,
): Promise<T> {
  try {
    return await listenThere();
  } catch (error) {
    if (!isSystemError(error)) throw error;
    throw new ConfigError(`--port: cannot listen on ${host}:${port}: ${error.message}`);
  }
}

/** The first signal lets what is under way end; the second does not wait. */
function stopOnSignal(stop: () => void, stopNow: () => void = () => process.exit(1)): void {
  let isStopping = false;
  const receive = (): void => {
    if (isStopping) stopNow();
    else stop();
    isStopping = true;
  };
  process.on('SIGTERM', receive).on('SIGINT', receive);
}

function isSystemError(error: unknown): error is NodeJS.ErrnoException {
  return error instanceof Error && 'code' in error && 'syscall' in error;
}
