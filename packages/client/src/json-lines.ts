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

/** Reads what {@link writeLines} wrote. Throws `ColloquyError` at a line that is not JSON. */
export function readLines<Item>(bytes: ReadableStream<Uint8Array>): ItemSource<Item> {
  const reader = bytes.getReader();
  const decoder = new TextDecoder();
  /** The beginning of a line whose end has not come. */
  let rest = '';
  /** What the reader is told after the items that came before it. */
  let failure: unknown;

  function parse(text: string): Item[] {
    const items: Item[] = [];
    // Only what is new is searched: a huge line comes in many pieces.
    const [first = '', ...others] = text.split('\n');
    const lines = [rest + first, ...others];
    rest = lines.pop() ?? '';
    try {
      // The writer's word is taken for the shape.
      for (const line of lines) if (line.trim() !== '') items.push(parseJson(line) as Item);
    } catch (error) {
      failure = error;
    }
    return items;
  }

  return {
    async read() {
      for (;;) {
        if (failure !== undefined) throw failure;
        const { done, value } = await reader.read();
        // A last line without its end is a line too.
        const items = parse(done ? `${decoder.decode()}\n` : decoder.decode(value, { stream: true }));
        if (items.length > 0 || (done && failure === undefined)) return items;
      }
    },
    leave() {
      reader.cancel().catch(() => undefined);
    },
  };
}
