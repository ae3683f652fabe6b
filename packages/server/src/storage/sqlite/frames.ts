// One context of zstd for text after text: to make one, and to read our dictionary into it, takes longer than to compress
// a text. Node's own functions make one each time.

import { constants } from 'node:zlib';

import { ZstdCompress } from 'minizlib';

import type { JsonBytes } from '../../json/members.ts';
import { TEXT_DICTIONARY } from './text-dictionary.ts';

const OPTIONS = {
  // Levels above it gain a hundredth here, and take twice the time.
  params: { [constants.ZSTD_c_compressionLevel]: 1 },
  dictionary: TEXT_DICTIONARY,
  // Each text is a frame of its own.
  flush: constants.ZSTD_e_end,
};

let context: ZstdCompress | undefined;

/** A frame that is read with our dictionary. The text is not empty. */
export function compressFrame(text: JsonBytes): Buffer {
  context ??= new ZstdCompress(OPTIONS);
  try {
    context.write(text);
    return context.read()!;
  } catch (error) {
    // What it was left in the middle of belongs to no other frame.
    context = undefined;
    throw error;
  }
}
