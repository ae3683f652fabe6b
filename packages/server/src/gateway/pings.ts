import type { EventStream } from './event-stream.ts';
import { UnorderedList } from './unordered-list.ts';

/** How often in an interval the streams are looked at: a comment comes after 80 to 100 % of the interval. */
const TICKS = 5;

/**
 * Comments for streams in which nothing was sent for a while, so that what stands between here and the caller does not
 * take them for dead. One timer for all of them, and nothing but a mark to be set when something is sent.
 */
export class Pings {
  /** In milliseconds; `false`: no comments. */
  readonly #interval: number | false;
  readonly #streams = new UnorderedList<EventStream>();
  #timer: NodeJS.Timeout | undefined;

  constructor(interval: number | false) {
    this.#interval = interval;
  }

  add(stream: EventStream): void {
    if (this.#interval === false) return;
    this.#streams.add(stream);
    this.#timer ??= setInterval(() => this.#tick(), this.#interval / TICKS).unref();
  }

  remove(stream: EventStream): void {
    if (this.#interval !== false) this.#streams.remove(stream);
  }

  #tick(): void {
    for (const stream of this.#streams) {
      stream.quietTicks += 1;
      if (stream.quietTicks >= TICKS) stream.ping();
    }
    if (!this.#streams.isEmpty) return;
    clearInterval(this.#timer);
    this.#timer = undefined;
  }
}
