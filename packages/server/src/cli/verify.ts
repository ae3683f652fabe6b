import type { Command } from 'commander';

import { ConfigError } from '../config/config.ts';
import { loadConfig } from '../config/load-config.ts';
import { SETTINGS, toVariable } from '../config/settings.ts';
import { databasePath } from '../context.ts';
import { verifyFile, type Damage } from '../storage/sqlite/verify.ts';
import { StorageError } from '../storage/storage.ts';

/** The store has damage. */
const EXIT_DAMAGED = 1;

export function addVerify(program: Command): void {
  const { option, placeholder, help, defaultText } = SETTINGS.dataDir;
  program
    .command('verify')
    .description(
      'Read everything that the store holds, and name each completion that is no longer what was kept. A server may run meanwhile.',
    )
    .helpOption('--help', 'print this help')
    .option(`--${option} <${placeholder}>`, `${help} (${toVariable(option)}; default: ${defaultText})`)
    .addHelpText(
      'after',
      '\nThe exit code is 0 if all is well, 1 if something is damaged, 2 if there is no store to read.',
    )
    .action((options: { data?: string }) => run(findFile(options)));
}

function findFile({ data }: { data?: string }): string {
  const { storeUrl, dataDir } = loadConfig({ data }, process.env);
  if (storeUrl !== undefined && data === undefined) {
    throw new ConfigError(
      `${toVariable('store-url')}: a store in PostgreSQL cannot be verified yet; --data names one in a file`,
    );
  }
  return databasePath(dataDir);
}

function run(path: string): void {
  let damaged = 0;
  const count = verify(path, (damage) => {
    damaged += 1;
    console.log(describe(damage));
  });
  console.log(
    `${count} completions read, ${damaged === 0 ? 'nothing is damaged' : `${damaged} damages found`}: ${path}`,
  );
  if (damaged > 0) process.exitCode = EXIT_DAMAGED;
}

function verify(path: string, onDamage: (damage: Damage) => void): number {
  try {
    return verifyFile(path, onDamage);
  } catch (error) {
    if (error instanceof StorageError)
      throw new ConfigError(`--data: the store cannot be read: ${error.message}`);
    throw error;
  }
}

function describe({ project, id, reason }: Damage): string {
  return id === undefined ? `the file: ${reason}` : `${id} of project ${project}: ${reason}`;
}
