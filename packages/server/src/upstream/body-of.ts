import type { AnswerBody } from './upstream.ts';

/** A body whose pieces are made one after the other; `cancel` frees what they are made from. */
export function bodyOf(pieces: AsyncIterable<Uint8Array>, cancel: () => void): AnswerBody {
  return {
    async deliver(take) {
      for await (const bytes of pieces) await take(bytes);
    },
    cancel,
  };
}
