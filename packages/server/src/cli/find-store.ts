// Where the store is that a command works on, by the same settings as for `colloquy serve`.

import type { Command } from 'commander';

import { loadConfig } from '../config/load-config.ts';
import { SETTINGS, toVariable } from '../config/settings.ts';
import { StorageError } from '../storage/storage.ts';

/** As commander names them. */
export interface StoreOptions {
  readonly data?: string;
  readonly storeUrl?: string;
}

export interface StorePlace {
  readonly dataDir: string;
  /** If there is one, the folder does not matter. */
  readonly storeUrl: string | undefined;
}

export function addStoreOptions(command: Command): Command {
  for (const { option, placeholder, help, defaultText } of [SETTINGS.dataDir, SETTINGS.storeUrl]) {
    command.option(
      `--${option} <${placeholder}>`,
      `${help} (${toVariable(option)}; default: ${defaultText})`,
    );
  }
  return command;
}

/** An option stands above what the environment says: `--data` also above a URL there. */
export function findStore({ data, storeUrl: url }: StoreOptions): StorePlace {
  const { dataDir, storeUrl } = loadConfig({ data, 'store-url': url }, process.env);
  return { dataDir, storeUrl: data !== undefined && url === undefined ? undefined : storeUrl };
}

/** Whether the failure is the store's, or the file system's below it: then its message is for whoever called. */
export function isStoreFailure(error: unknown): error is Error {
  return error instanceof StorageError || (error instanceof Error && 'syscall' in error);
}
