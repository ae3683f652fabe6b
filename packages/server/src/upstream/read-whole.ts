import { UpstreamError } from './upstream-error.ts';

/** Reads a body to its end. Throws `UpstreamError` if it is larger than `limit` bytes. */
export async function readWhole(body: AsyncIterable<Uint8Array>, limit: number): Promise<Buffer> {
  const pieces: Uint8Array[] = [];
  let length = 0;
  for await (const bytes of body) {
    length += bytes.length;
    if (length > limit)
      throw new UpstreamError(`the answer is larger than ${limit} bytes`, { isTimeout: false });
    pieces.push(bytes);
  }
  return Buffer.concat(pieces);
}
