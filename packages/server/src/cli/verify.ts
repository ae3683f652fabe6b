import type { Command } from 'commander';

import { ConfigError } from '../config/config.ts';
import { verifyFile, type Damage } from '../storage/sqlite/verify.ts';
import { addDataOption, findFile, isStoreFailure, type StoreOptions } from './find-store.ts';

/** The store has damage. */
const EXIT_DAMAGED = 1;

export function addVerify(program: Command): void {
  const verify = program
    .command('verify')
    .description(
      'Read everything that the store holds, and name each completion that is no longer what was kept. A server may run meanwhile.',
    )
    .helpOption('--help', 'print this help')
    .addHelpText(
      'after',
      '\nThe exit code is 0 if all is well, 1 if something is damaged, 2 if there is no store to read.',
    )
    .action((options: StoreOptions) =>
      run(findFile(options, 'a store in PostgreSQL cannot be verified yet; --data names one in a file')),
    );
  addDataOption(verify);
}

function run(path: string): void {
  try {
    const damages = new DamageReport();
    const count = verifyFile(path, damages.add);
    console.log(`${describeCheck(count, damages)}: ${path}`);
  } catch (error) {
    if (isStoreFailure(error)) throw new ConfigError(`--data: the store cannot be read: ${error.message}`);
    throw error;
  }
}

/** Prints each damage that it is told of; with the first, the command has failed. */
export class DamageReport {
  count = 0;

  readonly add = ({ project, id, reason }: Damage): void => {
    this.count += 1;
    process.exitCode = EXIT_DAMAGED;
    console.log(id === undefined ? `the file: ${reason}` : `${id} of project ${project}: ${reason}`);
  };
}

export function describeCheck(completions: number, damages: DamageReport): string {
  const found = damages.count === 0 ? 'nothing is damaged' : `${damages.count} damages found`;
  return `${completions} completions read, ${found}`;
}
