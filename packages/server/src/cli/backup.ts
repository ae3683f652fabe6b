import { resolve } from 'node:path';

import type { Command } from 'commander';

import { ConfigError } from '../config/config.ts';
import { backUpFile } from '../storage/sqlite/backup.ts';
import { addDataOption, findFile, isStoreFailure, type StoreOptions } from './find-store.ts';
import { DamageReport, describeCheck } from './verify.ts';

export function addBackup(program: Command): void {
  const backup = program
    .command('backup <FILE>')
    .description(
      'Copy the store, as it is at one moment, to a new file, and check the copy. A server may run meanwhile.',
    )
    .helpOption('--help', 'print this help')
    .addHelpText(
      'after',
      '\nThe exit code is 0 if all is well, 1 if the copy is made of a store that is damaged, 2 if there is no copy.',
    )
    .action((file: string, options: StoreOptions) =>
      run(
        findFile(options, 'pg_dump backs up a store in PostgreSQL; --data names one in a file'),
        resolve(file),
      ),
    );
  addDataOption(backup);
}

function run(path: string, target: string): void {
  // As the store itself, it is for its owner only.
  process.umask(0o077);
  try {
    const damages = new DamageReport();
    const count = backUpFile(path, target, damages.add);
    const check =
      count === undefined ? 'made by an earlier release, not checked' : describeCheck(count, damages);
    console.log(`${check}: ${target}`);
  } catch (error) {
    if (isStoreFailure(error)) throw new ConfigError(`no backup was made: ${error.message}`);
    throw error;
  }
}
