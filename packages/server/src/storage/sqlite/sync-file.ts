import { closeSync, fsyncSync, openSync, renameSync } from 'node:fs';
import { dirname } from 'node:path';

/** Gives a file that is complete another name, in the same folder: whatever happens, it has one of the two. */
export function renameSynced(from: string, to: string): void {
  sync(from, 'r+');
  renameSync(from, to);
  // Windows has no handles of folders to sync.
  if (process.platform !== 'win32') sync(dirname(to), 'r');
}

function sync(path: string, flags: string): void {
  const handle = openSync(path, flags);
  try {
    fsyncSync(handle);
  } finally {
    closeSync(handle);
  }
}
