// Primary result codes. @see https://www.sqlite.org/rescode.html

export const SQLITE_BUSY = 5;
export const SQLITE_READONLY = 8;
export const SQLITE_IOERR = 10;
export const SQLITE_CORRUPT = 11;
export const SQLITE_FULL = 13;
export const SQLITE_CANTOPEN = 14;
export const SQLITE_TOOBIG = 18;
export const SQLITE_CONSTRAINT = 19;
export const SQLITE_MISMATCH = 20;
export const SQLITE_NOTADB = 26;

/** Undefined if the error is not from SQLite. */
export function readResultCode(error: unknown): number | undefined {
  const { errcode } = error as { errcode?: number };
  // The other bytes tell more than is asked here.
  return errcode === undefined ? undefined : errcode & 0xff;
}
