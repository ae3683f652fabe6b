// Undoes what a server did to save bytes.

import type { IncomingMessage } from 'node:http';
import { pipeline, type Readable, type Transform } from 'node:stream';
import * as zlib from 'node:zlib';

import { findHeader } from './node-headers.ts';

/** As many as `fetch` undoes: each costs memory, and it is the server that says how many there are. */
const MAX_CODINGS = 5;

/** The most that a server may ask us to remember, as a power of two: 8 MiB. @see https://www.rfc-editor.org/rfc/rfc9659 */
const ZSTD_WINDOW_LOG = 23;

const DECODERS = new Map<string, () => Transform>([
  ['gzip', zlib.createGunzip],
  ['x-gzip', zlib.createGunzip],
  ['deflate', zlib.createInflate],
  ['br', zlib.createBrotliDecompress],
]);

// Node has it since 22.15.
if ('createZstdDecompress' in zlib) {
  const params = { [zlib.constants.ZSTD_d_windowLogMax]: ZSTD_WINDOW_LOG };
  DECODERS.set('zstd', () => zlib.createZstdDecompress({ params }));
}

/** What is asked for. Not `deflate`, whose name servers give to two formats; what was not asked for may come. */
export const ACCEPT_ENCODING = DECODERS.has('zstd') ? 'gzip, br, zstd' : 'gzip, br';

/** The body as it was before it was encoded; as it came, if an encoding is unknown. */
export function decode(message: IncomingMessage): Readable {
  const names = findHeader(message.rawHeaders, 'content-encoding')?.toLowerCase().split(',') ?? [];
  if (names.length > MAX_CODINGS) {
    return message.destroy(
      new Error(`The answer is encoded ${names.length} times; ${MAX_CODINGS} are undone`),
    );
  }
  const decoders = names.map((name) => DECODERS.get(name.trim())).filter((decoder) => decoder !== undefined);
  if (decoders.length === 0 || decoders.length < names.length) return message;
  const streams = decoders.map((create) => create()).toReversed();
  // What goes wrong is an error of the last stream too, where the reader sees it.
  pipeline([message, ...streams], () => undefined);
  return streams.at(-1) as Readable;
}
