// The headers of an answer, found where they are or made into what `fetch` gives.

/** The values of a header, joined; null if there is none. `raw` is a list of names and values as they came. */
export function findHeader(raw: readonly string[], name: string): string | null {
  let found: string | null = null;
  for (let i = 0; i < raw.length; i += 2) {
    // Lengths are compared first: they differ almost always, and cost nothing.
    if (raw[i]?.length !== name.length || raw[i]?.toLowerCase() !== name) continue;
    found = found === null ? (raw[i + 1] ?? '') : `${found}, ${raw[i + 1]}`;
  }
  return found;
}

/** `Headers` whose values are found without the making and checking of them all, for as long as nothing else is asked. */
export class NodeHeaders implements Headers {
  readonly #raw: readonly string[];
  #whole: Headers | undefined;

  constructor(raw: readonly string[]) {
    this.#raw = raw;
  }

  get(name: string): string | null {
    return this.#whole === undefined ? findHeader(this.#raw, name.toLowerCase()) : this.#whole.get(name);
  }

  has(name: string): boolean {
    return this.get(name) !== null;
  }

  append(name: string, value: string): void {
    this.#open().append(name, value);
  }

  delete(name: string): void {
    this.#open().delete(name);
  }

  set(name: string, value: string): void {
    this.#open().set(name, value);
  }

  getSetCookie(): string[] {
    return this.#open().getSetCookie();
  }

  forEach(callback: (value: string, name: string, headers: Headers) => void, thisArg?: unknown): void {
    for (const [name, value] of this) callback.call(thisArg, value, name, this);
  }

  keys(): ReturnType<Headers['keys']> {
    return this.#open().keys();
  }

  values(): ReturnType<Headers['values']> {
    return this.#open().values();
  }

  entries(): ReturnType<Headers['entries']> {
    return this.#open().entries();
  }

  [Symbol.iterator](): ReturnType<Headers['entries']> {
    return this.entries();
  }

  #open(): Headers {
    if (this.#whole === undefined) {
      this.#whole = new Headers();
      for (let i = 0; i < this.#raw.length; i += 2)
        this.#whole.append(this.#raw[i] ?? '', this.#raw[i + 1] ?? '');
    }
    return this.#whole;
  }
}

// For `instanceof`, without what it costs to make one. `implements` sees to it that no member is left out.
Object.setPrototypeOf(NodeHeaders.prototype, Headers.prototype);
