import { existsSync } from 'node:fs';
import { createInterface } from 'node:readline/promises';

import type { Metadata } from '@colloquy/client/contract';
import { InvalidArgumentError, Option, type Command } from 'commander';

import { ConfigError } from '../config/config.ts';
import { DEFAULT_PROJECT } from '../middleware/access.ts';
import { databasePath, openStorage } from '../storage/open-storage.ts';
import type { CompletionStatus, Storage } from '../storage/storage.ts';
import { STATUSES, deleteInSteps, walkLabels, type LabelFilter } from '../storage/walk-labels.ts';
import { addStoreOptions, findStore, isStoreFailure, type StoreOptions } from './find-store.ts';

/** Not everything that was asked for was deleted. */
const EXIT_LEFT = 1;

interface DeleteOptions extends StoreOptions {
  readonly project: string;
  readonly metadata?: Metadata;
  readonly model?: string;
  readonly status?: CompletionStatus;
  readonly createdAfter?: number;
  readonly createdBefore?: number;
  readonly all?: boolean;
  readonly yes?: boolean;
}

export function addDelete(program: Command): void {
  const command = program
    .command('delete [ID...]')
    .description(
      'Delete stored completions for good: by their ids, by what they have in common, or all of a project. A server may run meanwhile.',
    )
    .helpOption('--help', 'print this help')
    .option('--project <NAME>', 'project whose completions they are', DEFAULT_PROJECT)
    .option('--metadata <KEY=VALUE>', 'those with this pair; may be repeated: all must match', addPair)
    .option('--model <NAME>', 'those that asked for this model, or that it answered')
    .option('--created-after <TIME>', 'those made then or later: a date, or seconds since 1970', parseTime)
    .option('--created-before <TIME>', 'those made before then', parseTime)
    .addOption(new Option('--status <STATUS>', 'those that ended so; default: any').choices(STATUSES))
    .option('--all', 'every completion of the project')
    .option('--yes', 'do not ask, after counting, whether to delete what is not named by its id')
    .addHelpText(
      'after',
      '\nThe exit code is 0 if all of it is deleted, 1 if something is left, 2 if there is no store or nothing says what to delete.',
    )
    .action((ids: string[], options: DeleteOptions) => run(ids, options));
  addStoreOptions(command);
}

async function run(ids: readonly string[], options: DeleteOptions): Promise<void> {
  const filter = readFilter(options);
  checkChoice(ids, filter, options.all ?? false);
  const storage = await open(options);
  try {
    if (ids.length > 0) await deleteNamed(storage, options.project, ids);
    else await deleteFound(storage, options, filter);
  } catch (error) {
    if (isStoreFailure(error)) throw new ConfigError(`not everything was deleted: ${error.message}`);
    throw error;
  } finally {
    await storage.close();
  }
}

function readFilter({ metadata, model, status, createdAfter, createdBefore }: DeleteOptions): LabelFilter {
  return { metadata, model, status, createdAfterMs: createdAfter, createdBeforeMs: createdBefore };
}

/** One of the three ways, so that nobody deletes more than is said. */
function checkChoice(ids: readonly string[], filter: LabelFilter, isAll: boolean): void {
  const hasFilter = Object.values(filter).some((value) => value !== undefined);
  const ways = [ids.length > 0, hasFilter, isAll].filter(Boolean).length;
  if (ways === 1) return;
  throw new ConfigError(
    ways === 0
      ? 'say what to delete: ids, options such as --metadata that narrow it down, or --all'
      : 'give either ids, or options that narrow it down, or --all',
  );
}

/** A store that is not there is none to be made. */
async function open(options: StoreOptions): Promise<Storage> {
  const place = findStore(options);
  if (place.storeUrl === undefined && !existsSync(databasePath(place.dataDir))) {
    throw new ConfigError(`--data: there is no store in ${place.dataDir}`);
  }
  try {
    return await openStorage(place);
  } catch (error) {
    if (isStoreFailure(error)) throw new ConfigError(`the store cannot be opened: ${error.message}`);
    throw error;
  }
}

async function deleteNamed(storage: Storage, project: string, ids: readonly string[]): Promise<void> {
  let deleted = 0;
  for (const id of ids) {
    if (await storage.delete(project, id)) {
      deleted += 1;
    } else {
      console.error(`there is no completion ${id} in project ${project}`);
      process.exitCode = EXIT_LEFT;
    }
  }
  console.log(`${describeCount(deleted)} deleted`);
}

async function deleteFound(
  storage: Storage,
  { project, yes = false }: DeleteOptions,
  filter: LabelFilter,
): Promise<void> {
  const count = await countFound(storage, project, filter);
  if (count > 0 && !yes && !(await confirm(`${describeCount(count)} of project ${project}`))) {
    process.exitCode = EXIT_LEFT;
    return;
  }
  const deleted = await deleteInSteps(storage, project, walkLabels(storage, project, filter));
  console.log(`${describeCount(deleted)} of project ${project} deleted`);
}

async function countFound(storage: Storage, project: string, filter: LabelFilter): Promise<number> {
  let count = 0;
  for await (const _ of walkLabels(storage, project, filter)) count += 1;
  return count;
}

/** Asks whoever is there; where nobody is, the answer is no. */
async function confirm(what: string): Promise<boolean> {
  if (!process.stdin.isTTY || !process.stdout.isTTY) {
    console.log(`${what} would be deleted; with --yes they are`);
    return false;
  }
  const terminal = createInterface({ input: process.stdin, output: process.stdout });
  try {
    return /^y(es)?$/i.test((await terminal.question(`Delete ${what} for good? [y/N] `)).trim());
  } finally {
    terminal.close();
  }
}

function describeCount(count: number): string {
  return count === 1 ? '1 completion' : `${count} completions`;
}

function addPair(text: string, before: Metadata | undefined): Metadata {
  const [, key, value] = /^([^=]+)=(.*)$/s.exec(text) ?? [];
  if (key === undefined || value === undefined) throw new InvalidArgumentError('It must be KEY=VALUE.');
  if (before !== undefined && Object.hasOwn(before, key) && before[key] !== value) {
    throw new InvalidArgumentError(`No completion has two values of '${key}'.`);
  }
  return { ...before, [key]: value };
}

/** In ms since 1970. A date without a time zone is one of here, but for a day alone, which begins in Greenwich. */
function parseTime(text: string): number {
  const ms = /^\d+$/.test(text) ? Number(text) * 1000 : Date.parse(text);
  if (!/^\d+$|^\d{4}-\d\d-\d\d/.test(text) || !Number.isSafeInteger(ms)) {
    throw new InvalidArgumentError(
      'It must be a date such as 2026-01-31 or 2026-01-31T12:00Z, or seconds since 1970.',
    );
  }
  return ms;
}
