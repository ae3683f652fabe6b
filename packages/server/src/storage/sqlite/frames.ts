// Frames of zstd with our dictionary, by contexts that are kept: to make one, and to read the dictionary into it, takes as
// long as two texts. Node's own functions make one each time.

import { constants, type ZstdOptions } from 'node:zlib';

import { ZstdCompress, ZstdDecompress, type ZlibOptions } from 'minizlib';

import type { JsonBytes } from '../../json/members.ts';
import { TEXT_DICTIONARY } from './text-dictionary.ts';

const COMPRESSION: ZlibOptions & ZstdOptions = {
  // Levels above it gain a hundredth here, and take twice the time.
  params: { [constants.ZSTD_c_compressionLevel]: 1 },
  dictionary: TEXT_DICTIONARY,
  // Each text is a frame of its own.
  flush: constants.ZSTD_e_end,
};

const DECOMPRESSION: ZlibOptions & ZstdOptions = {
  dictionary: TEXT_DICTIONARY,
  // Most pages of lists come in one piece.
  chunkSize: 131_072,
};

let compressor: ZstdCompress | undefined;
let decompressor: ZstdDecompress | undefined;

/** The text is not empty. */
export function compressFrame(text: JsonBytes): Buffer {
  compressor ??= new ZstdCompress(COMPRESSION);
  try {
    compressor.write(text);
    return compressor.read()!;
  } catch (error) {
    // What it was left in the middle of belongs to no other frame.
    compressor = undefined;
    throw error;
  }
}

/** One frame behind the other. Throws if they are damaged, or if their texts do not have that length together. */
export function decompressFrames(frames: Buffer, length: number): Buffer {
  const isFresh = decompressor === undefined;
  decompressor ??= new ZstdDecompress(DECOMPRESSION);
  try {
    decompressor.write(frames);
    const texts = decompressor.read();
    if (texts?.length !== length) throw new Error('a compressed text is damaged');
    return texts;
  } catch (error) {
    decompressor = undefined;
    // It may have been in the middle of what stood behind an earlier frame.
    if (isFresh) throw error;
    return decompressFrames(frames, length);
  }
}
