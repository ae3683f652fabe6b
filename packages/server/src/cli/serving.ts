// What `serve` does with its settings: one process that serves, or several that share the port.

import cluster from 'node:cluster';

import type { FastifyBaseLogger, FastifyInstance, FastifyListenOptions } from 'fastify';

import { buildApp } from '../app.ts';
import { ConfigError, type Config } from '../config/config.ts';
import { SETTINGS } from '../config/settings.ts';
import { createContext, type Context } from '../context.ts';
import { createLog } from '../middleware/log.ts';
import { StorageError } from '../storage/storage.ts';
import { welcome } from './welcome.ts';
import { claimPort, reportReady, sharedListening, Workers, type Order } from './workers.ts';

/**
 * Resolves once it serves; a signal ends it, or has `load` read the configuration again. Throws `ConfigError` if a setting
 * does not let it serve.
 */
export async function startServing(config: Config, load: () => Config): Promise<void> {
  // The store holds whatever people told their models: only the owner may look.
  process.umask(0o077);
  // Whoever read the log may go; the server stays.
  process.stdout.on('error', () => undefined);
  process.stderr.on('error', () => undefined);
  if (cluster.isWorker) await serveAsWorker(config, load);
  else if (config.workers > 1) await serveByWorkers(config);
  else await serveAlone(config, load);
}

async function serveAlone(config: Config, load: () => Config): Promise<void> {
  const context = await open(config);
  const app = await buildApp(context);
  const url = await listen(app, config);
  stopOnSignal(() => void app.close());
  reloadOnSignal(() => reload(context, app.log, load));
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
  reloadOnSignal(() => workers.reload());
  const exitCode = await workers.start(config.workers);
  if (exitCode !== undefined) process.exitCode = exitCode;
  else console.log(welcome(`http://${host.includes(':') ? `[${host}]` : host}:${port}`, config));
}

async function serveAsWorker(config: Config, load: () => Config): Promise<void> {
  const context = await open(config);
  const app = await buildApp(context);
  await listen(app, { ...config, ...sharedListening() });
  const stop = async (): Promise<void> => {
    await app.close();
    // Nothing else holds the process then.
    cluster.worker?.disconnect();
  };
  process.on('message', (order: Order) => {
    if (order === 'stop-now') process.exit(1);
    if (order === 'stop') void stop();
    else reload(context, app.log, load);
  });
  process.on('SIGTERM', () => void stop());
  // Those of a terminal reach every process; this one waits for its order.
  process.on('SIGINT', () => undefined).on('SIGHUP', () => undefined);
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
  // A terminal sends it as it goes; nothing else would end a server that is run from it.
  if (process.stdout.isTTY) process.on('SIGHUP', receive);
}

function reloadOnSignal(reloadNow: () => void): void {
  if (!process.stdout.isTTY) process.on('SIGHUP', reloadNow);
}

/** Takes the upstreams and their keys; the rest of the configuration is for the next start. */
function reload(context: Context, log: FastifyBaseLogger, load: () => Config): void {
  try {
    const { upstreams } = load();
    context.replaceUpstreams(upstreams);
    log.info({ upstreams: upstreams.map(({ name }) => name) }, 'the upstreams were read again');
  } catch (error) {
    if (!(error instanceof ConfigError)) throw error;
    log.error(`the upstreams stay as they were: ${error.message}`);
  }
}

function isSystemError(error: unknown): error is NodeJS.ErrnoException {
  return error instanceof Error && 'code' in error && 'syscall' in error;
}
