import { once } from 'node:events';
import type { Transform } from 'node:stream';
import { createBrotliDecompress, createGunzip, createInflate, createZstdDecompress } from 'node:zlib';

import { bodyOf } from './body-of.ts';
import { UpstreamError } from './upstream-error.ts';
import type { AnswerBody } from './upstream.ts';

const DECODERS = new Map<string, () => Transform>([
  ['br', createBrotliDecompress],
  ['deflate', createInflate],
  ['gzip', createGunzip],
  ['x-gzip', createGunzip],
  ['zstd', createZstdDecompress],
]);

/**
 * The body without its content encoding; undefined if there is none, or none that is known. Delivery rejects with
 * `UpstreamError` if the body is not encoded so.
 */
export function decodeBody(
  body: AnswerBody,
  encoding: string | readonly string[] | undefined,
): AnswerBody | undefined {
  if (encoding === undefined) return undefined;
  const createDecoder = DECODERS.get(String(encoding).toLowerCase());
  return createDecoder && bodyOf(decode(body, createDecoder(), String(encoding)), () => body.cancel());
}

async function* decode(body: AnswerBody, decoder: Transform, encoding: string): AsyncGenerator<Uint8Array> {
  body
    .deliver((bytes) => (decoder.write(bytes) ? undefined : waitForDrain(decoder)))
    .then(
      () => decoder.end(),
      (error: Error) => decoder.destroy(error),
    );
  try {
    yield* decoder;
  } catch (error) {
    throw isDecodingError(error)
      ? new UpstreamError(`the body is not the ${encoding} that it says it is`, {
          isTimeout: false,
          cause: error,
        })
      : error;
  }
}

/** Not an error of the body itself, which ends the decoder too. */
function isDecodingError(error: unknown): boolean {
  return error instanceof Error && 'errno' in error && !('syscall' in error);
}

async function waitForDrain(decoder: Transform): Promise<void> {
  // Rejects when the decoder fails.
  await once(decoder, 'drain');
}
