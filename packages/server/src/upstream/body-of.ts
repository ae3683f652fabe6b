import type { AnswerBody } from './upstream.ts';

/** A body whose pieces are made one after the other. */
export function bodyOf(pieces: AsyncIterable<Uint8Array>): AnswerBody {
  return {
    async deliver(take) {
      for await (const bytes of pieces) await take(bytes);
    },
  };
}
