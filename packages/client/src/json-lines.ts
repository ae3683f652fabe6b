// Items as bytes and back, one line of JSON each: how a stream goes from a server to a page.

import { parseJson } from './errors.ts';
import type { ItemSource } from './stream.ts';

/** Writes items as they are asked for. */
export function writeLines(items: AsyncIterator<unknown, undefined>): ReadableStream<Uint8Array> {
  const encoder = new TextEncoder();
  return new ReadableStream({
    async pull(controller) {
      const { done, value } = await items.next();
      if (done) controller.close();
      else controller.enqueue(encoder.encode(`${JSON.stringify(value)}\n`));
    },
    async cancel() {
      await items.return?.();
    },
  });
}

/** Reads what {@link writeLines} wrote. */
export function readLines<Item>(bytes: ReadableStream<Uint8Array>): ItemSource<Item> {
  const reader = bytes.getReader();
  const decoder = new TextDecoder();
  let rest = '';
  return {
    async read() {
      for (;;) {
        const { done, value } = await reader.read();
        const lines = (rest + decoder.decode(value, { stream: !done })).split('\n');
        rest = done ? '' : (lines.pop() ?? '');
        // The writer's word is taken for the shape.
        const items = lines.filter((line) => line.trim()).map((line) => parseJson(line) as Item);
        if (done || items.length > 0) return items;
      }
    },
    leave() {
      reader.cancel().catch(() => undefined);
    },
  };
}
