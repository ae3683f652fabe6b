// Where the store is that a command works on, by the same settings as for `colloquy serve`.

import type { Command } from 'commander';

import { ConfigError } from '../config/config.ts';
import { loadConfig } from '../config/load-config.ts';
import { SETTINGS, toVariable } from '../config/settings.ts';
import { databasePath, type StorePlace } from '../storage/open-storage.ts';
import { StorageError } from '../storage/storage.ts';

/** As commander names them. */
export interface StoreOptions {
  readonly data?: string;
  readonly storeUrl?: string;
}

export function addDataOption(command: Command): Command {
  const { option, placeholder, help, defaultText } = SETTINGS.dataDir;
  return command.option(
    `--${option} <${placeholder}>`,
    `${help} (${toVariable(option)}; default: ${defaultText})`,
  );
}

export function addStoreOptions(command: Command): Command {
  const { option, placeholder, help, defaultText } = SETTINGS.storeUrl;
  return addDataOption(command).option(
    `--${option} <${placeholder}>`,
    `${help} (${toVariable(option)}; default: ${defaultText})`,
  );
}

/** An option stands above what the environment says: `--data` also above a URL there. */
export function findStore({ data, storeUrl: url }: StoreOptions): StorePlace {
  const { dataDir, storeUrl } = loadConfig({ data, 'store-url': url }, process.env);
  return { dataDir, storeUrl: data !== undefined && url === undefined ? undefined : storeUrl };
}

/** For what only files can do. `remedy` says what to do with a store in PostgreSQL. */
export function findFile(options: StoreOptions, remedy: string): string {
  const { dataDir, storeUrl } = findStore(options);
  if (storeUrl !== undefined) throw new ConfigError(`${toVariable('store-url')}: ${remedy}`);
  return databasePath(dataDir);
}

/** Whether the failure is the store's, or the file system's below it: then its message is for whoever called. */
export function isStoreFailure(error: unknown): error is Error {
  return error instanceof StorageError || (error instanceof Error && 'syscall' in error);
}
