import type { Command } from 'commander';

import { ConfigError } from '../config/config.ts';
import { SETTINGS } from '../config/settings.ts';
import type { Damage } from '../storage/damage.ts';
import { databasePath, describeStore, type StorePlace } from '../storage/open-storage.ts';
import { verifyFile } from '../storage/sqlite/verify.ts';
import { addStoreOptions, findStore, isStoreFailure, type StoreOptions } from './find-store.ts';

/** The store has damage. */
const EXIT_DAMAGED = 1;

export function addVerify(program: Command): void {
  const command = program
    .command('verify')
    .description(
      'Read everything that the store holds, and name each completion that is no longer what was kept. A server may run meanwhile.',
    )
    .helpOption('--help', 'print this help')
    .addHelpText(
      'after',
      '\nThe exit code is 0 if all is well, 1 if something is damaged, 2 if there is no store to read.',
    )
    .action((options: StoreOptions) => run(findStore(options)));
  addStoreOptions(command);
}

async function run(place: StorePlace): Promise<void> {
  const damages = new DamageReport();
  const count = await verify(place, damages.add);
  console.log(`${describeCheck(count, damages)}: ${describeStore(place)}`);
}

async function verify(
  { dataDir, storeUrl }: StorePlace,
  onDamage: (damage: Damage) => void,
): Promise<number> {
  try {
    if (storeUrl === undefined) return verifyFile(databasePath(dataDir), onDamage);
    const { verifyDatabase } = await import('../storage/postgres/verify.ts');
    return await verifyDatabase(storeUrl, onDamage);
  } catch (error) {
    if (!isStoreFailure(error)) throw error;
    const { option } = storeUrl === undefined ? SETTINGS.dataDir : SETTINGS.storeUrl;
    throw new ConfigError(`--${option}: the store cannot be read: ${error.message}`);
  }
}

/** Prints each damage that it is told of; with the first, the command has failed. */
export class DamageReport {
  count = 0;

  readonly add = ({ project, id, reason }: Damage): void => {
    this.count += 1;
    process.exitCode = EXIT_DAMAGED;
    console.log(id === undefined ? `the store: ${reason}` : `${id} of project ${project}: ${reason}`);
  };
}

export function describeCheck(completions: number, damages: DamageReport): string {
  const found = damages.count === 0 ? 'nothing is damaged' : `${damages.count} damages found`;
  return `${completions} completions read, ${found}`;
}
