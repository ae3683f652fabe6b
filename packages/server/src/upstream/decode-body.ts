import { pipeline, type Readable, type Transform } from 'node:stream';
import { createBrotliDecompress, createGunzip, createInflate, createZstdDecompress } from 'node:zlib';

const DECODERS = new Map<string, () => Transform>([
  ['br', createBrotliDecompress],
  ['deflate', createInflate],
  ['gzip', createGunzip],
  ['x-gzip', createGunzip],
  ['zstd', createZstdDecompress],
]);

/** The body without its content encoding; undefined if there is none, or none that is known. */
export function decodeBody(body: Readable, encoding: unknown): Readable | undefined {
  const createDecoder = DECODERS.get(String(encoding).toLowerCase());
  // An error of either side destroys the other, and reaches whoever reads.
  return createDecoder && pipeline(body, createDecoder(), () => undefined);
}
