import type { Command } from 'commander';
import type { FastifyInstance } from 'fastify';

import { ConfigError, type Config } from '../config/config.ts';
import { loadConfig, type GivenOptions } from '../config/load-config.ts';
import { SETTINGS, toCamelCase, toVariable, type Setting } from '../config/settings.ts';
import type { Context } from '../context.ts';
import { StorageError } from '../storage/storage.ts';
import { welcome } from './welcome.ts';

export function addServe(program: Command): void {
  const serve = program
    .command('serve')
    .description('Serve the API in front of the upstreams, and keep what is to be kept.')
    .helpOption('--help', 'print this help')
    .option(
      '--config <FILE>',
      `file with these settings and several upstreams, in YAML or JSON (${toVariable('config')})`,
    )
    .addHelpText('after', '\nAn option stands above its environment variable, and that above the file.')
    .action(async () => run(loadConfig(readGiven(serve.opts()), process.env)));
  for (const setting of Object.values(SETTINGS)) addSetting(serve, setting);
}

function addSetting(serve: Command, setting: Setting<unknown>): void {
  const { option, placeholder, help, defaultText, isList = false } = setting;
  const flags = `--${option} <${placeholder}>`;
  const description = `${help} (${toVariable(option)}; default: ${defaultText})`;
  if (isList) {
    serve.option(flags, description, (value, before: readonly string[] | undefined) => [
      ...(before ?? []),
      value,
    ]);
  } else {
    serve.option(flags, description);
  }
}

/** Commander names options in camel case; the settings know them as they are written. */
function readGiven(values: GivenOptions): GivenOptions {
  const options = ['config', ...Object.values(SETTINGS).map(({ option }) => option)];
  return Object.fromEntries(options.map((option) => [option, values[toCamelCase(option)]]));
}

async function run(config: Config): Promise<void> {
  // The store holds whatever people told their models: only the owner may look.
  process.umask(0o077);
  // Whoever read the log may go; the server stays.
  process.stdout.on('error', () => undefined);
  process.stderr.on('error', () => undefined);
  const context = await open(config);
  // Here, as below: no other command waits for what only a server needs.
  const { buildApp } = await import('../app.ts');
  const app = await buildApp(context);
  const url = await listen(app, config);
  closeOnSignal(app);
  console.log(welcome(url, config));
}

async function open(config: Config): Promise<Context> {
  const { createContext } = await import('../context.ts');
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

async function listen(app: FastifyInstance, { host, port }: Config): Promise<string> {
  try {
    return await app.listen({ host, port });
  } catch (error) {
    await app.close();
    if (isSystemError(error))
      throw new ConfigError(`--port: cannot listen on ${host}:${port}: ${error.message}`);
    throw error;
  }
}

/** The first signal lets what is under way end; the second does not wait. */
function closeOnSignal(app: FastifyInstance): void {
  let isClosing = false;
  const close = (): void => {
    if (isClosing) process.exit(1);
    isClosing = true;
    void app.close();
  };
  process.on('SIGTERM', close).on('SIGINT', close);
}

function isSystemError(error: unknown): error is NodeJS.ErrnoException {
  return error instanceof Error && 'code' in error && 'syscall' in error;
}
