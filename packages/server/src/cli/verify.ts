import type { Command } from 'commander';

import { ConfigError } from '../config/config.ts';
import { SETTINGS } from '../config/settings.ts';
import { databasePath } from '../context.ts';
import type { Damage } from '../storage/damage.ts';
import { describeStoreUrl } from '../storage/postgres/describe-store-url.ts';
import { verifyFile } from '../storage/sqlite/verify.ts';
import {
  addStoreOptions,
  findStore,
  isStoreFailure,
  type StoreOptions,
  type StorePlace,
} from './find-store.ts';

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
  let damaged = 0;
  const count = await verify(place, (damage) => {
    damaged += 1;
    console.log(describe(damage));
  });
  const name = place.storeUrl === undefined ? databasePath(place.dataDir) : describeStoreUrl(place.storeUrl);
  console.log(
    `${count} completions read, ${damaged === 0 ? 'nothing is damaged' : `${damaged} damages found`}: ${name}`,
  );
  if (damaged > 0) process.exitCode = EXIT_DAMAGED;
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
    if (isStoreFailure(error)) {
      const { option } = storeUrl === undefined ? SETTINGS.dataDir : SETTINGS.storeUrl;
      throw new ConfigError(`--${option}: the store cannot be read: ${error.message}`);
    }
    throw error;
  }
}

function describe({ project, id, reason }: Damage): string {
  return id === undefined ? `the store: ${reason}` : `${id} of project ${project}: ${reason}`;
}
