import { once } from 'node:events';
import type { Transform } from 'node:stream';
import { createBrotliDecompress, createGunzip, createInflate, createZstdDecompress } from 'node:zlib';

import { bodyOf } from './body-of.ts';
import type { AnswerBody } from './upstream.ts';

const DECODERS = new Map<string, () => Transform>([
  ['br', createBrotliDecompress],
  ['deflate', createInflate],
  ['gzip', createGunzip],
  ['x-gzip', createGunzip],
  ['zstd', createZstdDecompress],
]);

/** The body without its content encoding; undefined if there is none, or none that is known. */
export function decodeBody(body: AnswerBody, encoding: unknown): AnswerBody | undefined {
  const createDecoder = DECODERS.get(String(encoding).toLowerCase());
  return createDecoder && bodyOf(decode(body, createDecoder()), () => body.cancel());
}

async function* decode(body: AnswerBody, decoder: Transform): AsyncGenerator<Uint8Array> {
  body
    .deliver((bytes) => (decoder.write(bytes) ? undefined : waitForDrain(decoder)))
    .then(
      () => decoder.end(),
      (error: Error) => decoder.destroy(error),
    );
  yield* decoder;
}

async function waitForDrain(decoder: Transform): Promise<void> {
  // Rejects when the decoder fails.
  await once(decoder, 'drain');
}
