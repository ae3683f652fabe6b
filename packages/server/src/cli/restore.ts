import { mkdirSync } from 'node:fs';
import { dirname, resolve } from 'node:path';

import type { Command } from 'commander';

import { ConfigError } from '../config/config.ts';
import { restoreFile } from '../storage/sqlite/backup.ts';
import { addDataOption, findFile, isStoreFailure, type StoreOptions } from './find-store.ts';
import { DamageReport } from './verify.ts';

export function addRestore(program: Command): void {
  const restore = program
    .command('restore <FILE>')
    .description('Check a backup, and put a copy of it into the place of the store. No server may run.')
    .helpOption('--help', 'print this help')
    .option('--force', 'put the store that is there aside, under a new name in its folder')
    .addHelpText(
      'after',
      '\nThe exit code is 0 if the store is restored, 2 if not: then nothing was changed.',
    )
    .action((file: string, { force = false, ...options }: StoreOptions & { force?: boolean }) =>
      run(
        resolve(file),
        findFile(options, 'pg_restore restores a store in PostgreSQL; --data names one in a file'),
        force,
      ),
    );
  addDataOption(restore);
}

function run(backup: string, path: string, replace: boolean): void {
  // The store holds whatever people told their models: only the owner may look.
  process.umask(0o077);
  try {
    mkdirSync(dirname(path), { recursive: true });
    const { count, aside } = restoreFile(backup, path, { replace, onDamage: new DamageReport().add });
    if (aside !== undefined) console.log(`put aside: ${aside}`);
    console.log(`${count} completions restored: ${path}`);
  } catch (error) {
    if (isStoreFailure(error)) throw new ConfigError(`nothing was restored: ${error.message}`);
    throw error;
  }
}
