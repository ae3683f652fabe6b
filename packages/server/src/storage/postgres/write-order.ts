/** Lets writes of one completion follow one another in the order in which they were asked for. */
export class WriteOrder {
  readonly #last = new Map<string, Promise<unknown>>();

  /** Begins at once unless another write of the same completion is under way. */
  async run<T>(project: string, id: string, write: () => Promise<T>): Promise<T> {
    const key = JSON.stringify([project, id]);
    const before = this.#last.get(key);
    const written = before === undefined ? write() : before.then(write, write);
    this.#last.set(key, written);
    try {
      return await written;
    } finally {
      if (this.#last.get(key) === written) this.#last.delete(key);
    }
  }
}
