import type { Command } from 'commander';

import { ConfigError } from '../config/config.ts';
import { SETTINGS } from '../config/settings.ts';
import type { Finding } from '../storage/finding.ts';
import { databasePath, type StorePlace } from '../storage/open-storage.ts';
import { examineFile } from '../storage/sqlite/examine.ts';
import { addStoreOptions, findStore, isStoreFailure, type StoreOptions } from './find-store.ts';

/** A promise would be broken. */
const EXIT_FAULT = 1;

const MARKS: Readonly<Record<Finding['level'], string>> = { fine: 'ok   ', note: 'note ', fault: 'FAULT' };

export function addDoctor(program: Command): void {
  const command = program
    .command('doctor')
    .description(
      'Say whether the store is set up to keep what is promised, and by which indexes it finds things. Changes nothing; a server may run meanwhile.',
    )
    .helpOption('--help', 'print this help')
    .addHelpText(
      'after',
      '\nThe exit code is 0 if all is well, 1 if a promise would be broken, 2 if there is no store to look at.',
    )
    .action((options: StoreOptions) => run(findStore(options)));
  addStoreOptions(command);
}

async function run(place: StorePlace): Promise<void> {
  let faults = 0;
  await examine(place, ({ level, text }) => {
    if (level === 'fault') faults += 1;
    console.log(`${MARKS[level]} ${text}`);
  });
  console.log(
    faults === 0 ? 'Nothing would break a promise.' : `Faults that would break a promise: ${faults}`,
  );
  if (faults > 0) process.exitCode = EXIT_FAULT;
}

async function examine(
  { dataDir, storeUrl }: StorePlace,
  onFinding: (finding: Finding) => void,
): Promise<void> {
  try {
    if (storeUrl === undefined) {
      for (const finding of examineFile(databasePath(dataDir))) onFinding(finding);
    } else {
      const { examineDatabase } = await import('../storage/postgres/examine.ts');
      await examineDatabase(storeUrl, onFinding);
    }
  } catch (error) {
    if (isStoreFailure(error)) {
      const { option } = storeUrl === undefined ? SETTINGS.dataDir : SETTINGS.storeUrl;
      throw new ConfigError(`--${option}: the store cannot be examined: ${error.message}`);
    }
    throw error;
  }
}
