/**
 * Lets writes of one completion follow one another in the order in which they were asked for. It is known by its id alone:
 * where another project has the same one, that waits as well.
 */
export class WriteOrder {
  readonly #last = new Map<string, Promise<unknown>>();

  /** Begins at once unless another write of the same completion is under way. */
  async run<T>(id: string, write: () => Promise<T>): Promise<T> {
    const before = this.#last.get(id);
    const written = before === undefined ? write() : before.then(write, write);
    this.#last.set(id, written);
    try {
      return await written;
    } finally {
      if (this.#last.get(id) === written) this.#last.delete(id);
    }
  }
}
