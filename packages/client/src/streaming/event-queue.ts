/** How many events wait for a reader at most, before the stream that sends them may pause. */
const FULL = 64;

type Result<Item> = IteratorResult<Item, undefined>;

/** Events that wait for one reader, or a reader that waits for them. */
export class EventQueue<Item> implements AsyncIterableIterator<Item, undefined> {
  readonly #onEmpty: () => void;
  readonly #onLeave: () => void;
  /** Those who asked for an item before there was one. */
  readonly #waiting: Array<(result: Result<Item> | Promise<Result<Item>>) => void> = [];
  #items: Item[] = [];
  #taken = 0;
  #isOver = false;
  #error: unknown;

  /** `onEmpty` is called when the last item was taken, `onLeave` when the reader wants no more. */
  constructor(onEmpty: () => void, onLeave: () => void) {
    this.#onEmpty = onEmpty;
    this.#onLeave = onLeave;
  }

  [Symbol.asyncIterator](): this {
    return this;
  }

  get isFull(): boolean {
    return this.#items.length >= FULL;
  }

  push(item: Item): void {
    const resolve = this.#waiting.shift();
    if (resolve === undefined) this.#items.push(item);
    else resolve({ done: false, value: item });
  }

  /** Nothing more comes. The error is thrown once, after what waits. */
  end(error?: unknown): void {
    this.#isOver = true;
    this.#error = error;
    for (const resolve of this.#waiting.splice(0)) resolve(this.#finish());
  }

  next(): Promise<Result<Item>> {
    const value = this.#items[this.#taken] as Item;
    if (this.#taken < this.#items.length) {
      this.#taken += 1;
      if (this.#taken === this.#items.length) this.#empty();
      return Promise.resolve({ done: false, value });
    }
    if (this.#isOver) return this.#finish();
    return new Promise((resolve) => {
      this.#waiting.push(resolve);
    });
  }

  return(): Promise<Result<Item>> {
    this.#empty();
    this.end();
    this.#onLeave();
    return this.#finish();
  }

  #empty(): void {
    this.#items = [];
    this.#taken = 0;
    this.#onEmpty();
  }

  async #finish(): Promise<Result<Item>> {
    const error = this.#error;
    this.#error = undefined;
    if (error !== undefined) throw error;
    return { done: true, value: undefined };
  }
}
