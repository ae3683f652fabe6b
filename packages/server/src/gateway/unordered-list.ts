/** What can be in an `UnorderedList`: in one at a time. */
export interface Listed {
  /** Its place in the list, which is the list's own business. */
  index: number;
}

/**
 * Whatever is under way. Not a set or a map: each time that one of those makes itself a new table, the old one refers to
 * it, so that a table that was kept too long keeps all that come after it, with the requests in them.
 */
export class UnorderedList<T extends Listed> implements Iterable<T> {
  readonly #items: T[] = [];

  get isEmpty(): boolean {
    return this.#items.length === 0;
  }

  add(item: T): void {
    item.index = this.#items.length;
    this.#items.push(item);
  }

  /** The last one takes its place. */
  remove(item: T): void {
    const last = this.#items.pop();
    if (last === undefined || last === item) return;
    last.index = item.index;
    this.#items[item.index] = last;
  }

  [Symbol.iterator](): Iterator<T> {
    return this.#items[Symbol.iterator]();
  }
}
