// What it means that a statement failed.

import { DatabaseError } from 'pg';

import { readErrorMessage } from '../../error-message.ts';
import { StorageError } from '../storage.ts';

/**
 * - `statement`: it is at fault itself, or others at the same time; the database is well.
 * - `busy`: no connection became free in time, or the statement was not done in time.
 * - `connection`: there is none, or it broke; whether the statement was executed is not known.
 * - `database`: it could not do what it should: it is full, read-only, or not as we left it.
 */
export type FailureKind = 'statement' | 'busy' | 'connection' | 'database';

/**
 * Classes of errors: cardinality, data, integrity, rollback, limits.
 * @see https://www.postgresql.org/docs/current/errcodes-appendix.html
 */
const STATEMENT_FAULTS = /^(21|22|23|40|54)/;

/** Broken connections, and shutdowns. */
const CONNECTION_FAULTS = /^(08|57P)/;

/** Cancelled, above all by the time limit of statements; or a lock was not to be had. */
const OVERDUE = /^(57014|55P03)$/;

/** pg-pool's words. */
const NONE_FREE = 'timeout exceeded when trying to connect';

export function readFailure(error: unknown): FailureKind {
  if (error instanceof DatabaseError) {
    const code = error.code ?? '';
    if (STATEMENT_FAULTS.test(code)) return 'statement';
    if (OVERDUE.test(code)) return 'busy';
    return CONNECTION_FAULTS.test(code) ? 'connection' : 'database';
  }
  // What never reached the database: a value of a wrong type, a text too long for memory.
  if (error instanceof TypeError || error instanceof RangeError) return 'statement';
  return readErrorMessage(error) === NONE_FREE ? 'busy' : 'connection';
}

/** Whether a row with the same key is there. */
export function isTaken(error: unknown): boolean {
  return error instanceof DatabaseError && error.code === '23505';
}

export function toStorageError(error: unknown): StorageError {
  if (error instanceof StorageError) return error;
  const message = readErrorMessage(error);
  return new StorageError(message === NONE_FREE ? 'every connection to the database is busy' : message, {
    cause: error,
  });
}
