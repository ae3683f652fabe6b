import { StorageError } from './storage.ts';

/** Throws `StorageError` if a store has a schema that this release, which has `known` migrations, does not know. */
export function refuseNewer(schema: number, known: number): void {
  if (schema > known) {
    throw new StorageError(
      `it has schema ${schema}, and this release knows up to ${known}: use a newer Colloquy`,
    );
  }
}
