// How the JSON texts of requests and responses lie in the file: compressed if that pays, byte for byte the same when they
// are read. The first byte says how: 0 is the text itself; 1 is zstd with our dictionary, behind the text's length.

import { hash } from 'node:crypto';
import { constants, zstdCompressSync, zstdDecompressSync } from 'node:zlib';

import type { JsonBytes } from '../../json/members.ts';
import { TEXT_DICTIONARY } from './text-dictionary.ts';

const PLAIN = 0;
const ZSTD = 1;
/** Behind the first byte, a length in 32 bits. */
const FRAME_START = 5;
/** What is shorter gains nothing. */
const MIN_BYTES = 64;
/** To be smaller by a tenth pays for the time to read it. */
const MAX_SHARE = 0.9;
/** Levels above it gain a hundredth here, and take twice the time. Made once, since to a number as a name goes a list. */
const PARAMS = { [constants.ZSTD_c_compressionLevel]: 1 };

export function encodeText(text: JsonBytes): Uint8Array {
  if (text.length >= MIN_BYTES) {
    const frame = zstdCompressSync(text, {
      params: PARAMS,
      dictionary: TEXT_DICTIONARY,
      // Spares the memory that longer texts would need; a frame that does not fit in so much is of no use.
      pledgedSrcSize: text.length,
      chunkSize: text.length,
    });
    if (frame.length <= text.length * MAX_SHARE) {
      const encoded = Buffer.allocUnsafe(FRAME_START + frame.length);
      encoded[0] = ZSTD;
      encoded.writeUInt32LE(text.length, 1);
      encoded.set(frame, FRAME_START);
      return encoded;
    }
  }
  const encoded = Buffer.allocUnsafe(1 + text.length);
  encoded[0] = PLAIN;
  encoded.set(text, 1);
  return encoded;
}

/** Throws if it is damaged so that it cannot be read; whether it is the text that was kept is not checked. */
export function decodeText(encoded: Uint8Array): JsonBytes {
  return decodeTexts([encoded])[0]!;
}

export interface HashedText {
  readonly encoded: Uint8Array;
  readonly sha256: Uint8Array;
}

/** Each text that is the one with its hash; undefined for one that is damaged. */
export function decodeIntactTexts(texts: readonly HashedText[]): Array<JsonBytes | undefined> {
  try {
    const decoded = decodeTexts(texts.map(({ encoded }) => encoded));
    if (decoded.every((text, index) => hasHash(text, texts[index]!.sha256))) return decoded;
  } catch {
    // One of them is damaged, as below.
  }
  return texts.length > 1 ? texts.flatMap((text) => decodeIntactTexts([text])) : [undefined];
}

function hasHash(text: JsonBytes, sha256: Uint8Array): boolean {
  return hash('sha256', text, 'buffer').equals(sha256);
}

/** Many are decompressed at once, since each time costs far more than a text. Throws as `decodeText` does. */
export function decodeTexts(encoded: readonly Uint8Array[]): JsonBytes[] {
  const frames = encoded.filter((bytes) => bytes[0] === ZSTD);
  const lengths = frames.map((bytes) =>
    Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length).readUInt32LE(1),
  );
  const length = lengths.reduce((sum, each) => sum + each, 0);
  const texts = decompress(frames, length);
  let start = 0;
  return encoded.map((bytes) => {
    if (bytes[0] === PLAIN) return bytes.subarray(1);
    const end = start + (lengths.shift() ?? 0);
    const text = texts.subarray(start, end);
    start = end;
    return text;
  });
}

function decompress(frames: readonly Uint8Array[], length: number): Uint8Array {
  if (frames.length === 0) return new Uint8Array();
  const joined = Buffer.concat(frames.map((bytes) => bytes.subarray(FRAME_START)));
  const texts = zstdDecompressSync(joined, {
    dictionary: TEXT_DICTIONARY,
    chunkSize: Math.max(constants.Z_MIN_CHUNK, length),
    maxOutputLength: Math.max(1, length),
  });
  if (texts.length !== length) throw new Error('a compressed text is damaged');
  return new Uint8Array(texts.buffer, texts.byteOffset, texts.length);
}
