import { readErrorMessage } from '../../error-message.ts';
import {
  SQLITE_BUSY,
  SQLITE_CANTOPEN,
  SQLITE_CORRUPT,
  SQLITE_FULL,
  SQLITE_NOTADB,
  SQLITE_READONLY,
  readResultCode,
} from './result-code.ts';

const BACKUP = 'put a backup into its place with `colloquy restore`, or name another folder';

const RIGHTS = 'let this user write it, and its folder';

/** By what SQLite says, or the file system. */
const REMEDIES = new Map<number | string | undefined, string>([
  [SQLITE_BUSY, 'another program holds it, and has to let go of it first'],
  [SQLITE_READONLY, RIGHTS],
  ['EACCES', RIGHTS],
  ['EPERM', RIGHTS],
  ['EROFS', 'it is on a disk that is mounted for reading only'],
  [SQLITE_CORRUPT, BACKUP],
  [SQLITE_FULL, 'make space on its disk'],
  [SQLITE_CANTOPEN, 'it has to be a file, in a folder in which this user may read and write'],
  [SQLITE_NOTADB, BACKUP],
]);

/** Says why a file could not be opened and, where that is known, what to do about it. */
export function explainFailure(error: unknown): string {
  const remedy = REMEDIES.get(readResultCode(error) ?? (error as { code?: string }).code);
  return readErrorMessage(error) + (remedy === undefined ? '' : `: ${remedy}`);
}
