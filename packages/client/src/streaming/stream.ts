// A stream of chunks that can be doubled, and sent on as bytes to be a stream again elsewhere.

import { readItems } from '../answer-items.ts';
import { readLines, writeLines } from '../json-lines.ts';
import { Lifetime } from '../lifetime.ts';
import { Stream as CoreStream, type ItemSource } from '../stream.ts';

type Reading<Item> = ReturnType<ItemSource<Item>['read']>;

/** The stream of `@colloquy/client`, with what `openai` adds to it. */
export class Stream<Item> extends CoreStream<Item> {
  /** The stream of an answer that was asked for elsewhere. `controller` ends it. */
  static fromSSEResponse<Item>(response: Response, controller = new AbortController()): Stream<Item> {
    const lifetime = new Lifetime(controller.signal);
    return new Stream(readItems<Item>({ response, lifetime, idleTimeout: false }), controller);
  }

  /** A stream of what `toReadableStream` wrote, here or on another machine. `controller` ends it. */
  static fromReadableStream<Item>(
    bytes: ReadableStream<Uint8Array>,
    controller = new AbortController(),
  ): Stream<Item> {
    const source = readLines<Item>(bytes);
    controller.signal.addEventListener('abort', () => source.leave());
    return new Stream(source, controller);
  }

  /** The same stream, with more to it. */
  static from<Item>(stream: CoreStream<Item>): Stream<Item> {
    return new Stream(stream.takeSource(), stream.controller);
  }

  /**
   * Makes two streams of the same chunks, to be read each at its own pace: what only one of them has read is kept for
   * the other. The connection closes when both were left.
   */
  tee(): [Stream<Item>, Stream<Item>] {
    const source = this.takeSource();
    let readers = 2;
    const open = (own: Reading<Item>[], others: Reading<Item>[]): Stream<Item> => {
      const read = (): Reading<Item> => {
        const known = own.shift();
        if (known !== undefined) return known;
        const next = source.read();
        others.push(next);
        return next;
      };
      const leave = (): void => {
        readers -= 1;
        if (readers === 0) source.leave();
      };
      return new Stream({ read, leave }, this.controller);
    };
    const left: Reading<Item>[] = [];
    const right: Reading<Item>[] = [];
    return [open(left, right), open(right, left)];
  }

  /** The chunks as bytes, a line of JSON each, as {@link Stream.fromReadableStream} reads them. */
  toReadableStream(): ReadableStream<Uint8Array> {
    return writeLines(this[Symbol.asyncIterator]());
  }
}
