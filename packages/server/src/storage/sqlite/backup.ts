// Copies of a whole store: made while servers write, and checked before they take its place.

import { existsSync, linkSync, renameSync, rmSync } from 'node:fs';
import { DatabaseSync } from 'node:sqlite';

import { readErrorMessage } from '../../error-message.ts';
import type { Damage } from '../damage.ts';
import { StorageError } from '../storage.ts';
import { openToWrite } from './connection.ts';
import { MIGRATIONS, checkOwner } from './migrate.ts';
import { SQLITE_BUSY, readResultCode } from './result-code.ts';
import { renameSynced } from './sync-file.ts';
import { verifyFile } from './verify.ts';

const LOCK_TIMEOUT_MS = 5000;

/** How long a store must have been closed by others: they hold their locks as long as they are there. */
const CLOSED_TIMEOUT_MS = 500;

/** Beside a database, what belongs to it while it is open, and after a crash. */
const COMPANIONS = ['-wal', '-shm', '-journal'];

/**
 * Copies the store at `path` to the file `target`, as it is at one moment, without gaps. Servers may write meanwhile; what
 * they delete is gone from their log when this is done. Returns how many completions were read and found well; undefined if
 * an earlier release made the store, whose hashes are checked when it is restored.
 *
 * Until it is whole, the copy has the name `target` with `.partial` behind it. Damage in the store is in the copy as well,
 * and told to `onDamage`.
 *
 * Throws `StorageError` if `target` or its `.partial` exists, or the store cannot be read.
 */
export function backUpFile(
  path: string,
  target: string,
  onDamage: (damage: Damage) => void,
): number | undefined {
  const partial = `${target}.partial`;
  if (existsSync(target)) throw new StorageError(`${target} exists: give the backup another name`);
  if (existsSync(partial)) {
    throw new StorageError(`${partial} exists: another backup is being made, or broke off; then remove it`);
  }
  try {
    const version = copyStore(path, partial);
    const count = version === MIGRATIONS.length ? verifyFile(partial, onDamage) : undefined;
    if (existsSync(target)) throw new StorageError(`${target} was made by another meanwhile`);
    renameSynced(partial, target);
    return count;
  } catch (error) {
    rmSync(partial, { force: true });
    throw error;
  }
}

export interface RestoreOptions {
  /** Whether a store that is there is put aside; else it is refused. */
  readonly replace: boolean;
  readonly onDamage: (damage: Damage) => void;
}

export interface Restored {
  /** How many completions it holds, all of them checked. */
  readonly count: number;
  /** Where the store that was there is now. */
  readonly aside: string | undefined;
}

/**
 * Puts a copy of the file `backup` into the place of the store at `path`. The copy is brought to the schema of this release,
 * and everything in it checked, before.
 *
 * Throws `StorageError`, and changes nothing, if the backup cannot be read or is damaged, if there is a store and it is not to
 * be replaced, or if a process has it open.
 */
export function restoreFile(backup: string, path: string, { replace, onDamage }: RestoreOptions): Restored {
  if (existsSync(path) && !replace) throw new StorageError(`${path} exists: --force puts it aside`);
  // Before what takes long: what is checked below is checked for nothing else.
  if (existsSync(path)) closeStore(path);
  const partial = `${path}.restoring`;
  removeStore(partial);
  try {
    copyStore(backup, partial);
    // Brings it to the newest schema.
    openToWrite(partial, LOCK_TIMEOUT_MS).db.close();
    closeStore(partial);
    let damaged = 0;
    const count = verifyFile(partial, (damage) => {
      damaged += 1;
      onDamage(damage);
    });
    if (damaged > 0) throw new StorageError(`${backup}: ${damaged} damages found`);
    const aside = existsSync(path) ? putAside(path) : undefined;
    renameSynced(partial, path);
    return { count, aside };
  } catch (error) {
    removeStore(partial);
    throw error;
  }
}

/** Returns the schema's version. Readers see one moment of a write-ahead log, and writers do not wait for them. */
function copyStore(from: string, to: string): number {
  let db: DatabaseSync | undefined;
  try {
    db = new DatabaseSync(from, { readOnly: true, timeout: LOCK_TIMEOUT_MS });
    const version = checkOwner(db);
    if (version === 0) throw new StorageError('it is empty');
    db.prepare('VACUUM INTO ?').run(to);
    return version;
  } catch (error) {
    throw new StorageError(`${from}: ${readErrorMessage(error)}`, { cause: error });
  } finally {
    db?.close();
  }
}

/**
 * Brings the store into one file, without a log. Whoever has it open keeps that from happening.
 *
 * Throws `StorageError` if somebody has. One that cannot be opened at all has nobody whom that could hurt.
 */
function closeStore(path: string): void {
  let db: DatabaseSync | undefined;
  try {
    db = new DatabaseSync(path, { timeout: CLOSED_TIMEOUT_MS });
    db.exec('PRAGMA journal_mode = DELETE');
  } catch (error) {
    if (readResultCode(error) === SQLITE_BUSY) {
      throw new StorageError(`${path} is open: stop the server that uses it first`, { cause: error });
    }
  } finally {
    db?.close();
  }
}

/** Returns the new name. The old one stays until another file takes it, so that there is a store at any moment. */
function putAside(path: string): string {
  closeStore(path);
  const aside = `${path}.${new Date().toISOString().replaceAll(/[-:]/g, '')}`;
  linkSync(path, aside);
  // Of a store that could not be closed. The log of another must not lie beside the new one.
  for (const companion of COMPANIONS) {
    if (existsSync(path + companion)) renameSync(path + companion, aside + companion);
  }
  return aside;
}

function removeStore(path: string): void {
  for (const companion of ['', ...COMPANIONS]) rmSync(path + companion, { force: true });
}
