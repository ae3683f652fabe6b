import type { JsonBytes } from '../../json/members.ts';

/** For another thread: a short Buffer is a part of Node's pool of 64 KB, all of which would be copied with it. */
export function copyAlone(bytes: JsonBytes): JsonBytes {
  return bytes.byteLength === bytes.buffer.byteLength ? bytes : new Uint8Array(bytes);
}
