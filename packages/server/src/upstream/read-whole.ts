import { UpstreamError } from './upstream-error.ts';
import type { AnswerBody } from './upstream.ts';

/** Reads a body to its end. Throws `UpstreamError` if it is larger than `limit` bytes. */
export async function readWhole(body: AnswerBody, limit: number): Promise<Buffer> {
  const pieces: Uint8Array[] = [];
  let length = 0;
  await body.deliver((bytes) => {
    length += bytes.length;
    if (length > limit)
      throw new UpstreamError(`the answer is larger than ${limit} bytes`, { isTimeout: false });
    pieces.push(bytes);
    return undefined;
  });
  return Buffer.concat(pieces);
}
