/**
 * What every operation returns: a promise of the parsed answer that can also show the HTTP response.
 */
export class APIPromise<T> implements Promise<T> {
  readonly [Symbol.toStringTag] = 'APIPromise';
  readonly #response: Promise<Response>;
  readonly #parse: (response: Response) => Promise<T>;
  #parsed: Promise<T> | undefined;

  constructor(response: Promise<Response>, parse: (response: Response) => Promise<T>) {
    this.#response = response;
    this.#parse = parse;
  }

  /** The response as soon as its head arrived, its body unread. Rejects as the operation would. */
  asResponse(): Promise<Response> {
    return this.#response;
  }

  /** The parsed answer, the response that it came in, and its `x-request-id`. */
  async withResponse(): Promise<{ data: T; response: Response; request_id: string | null }> {
    const [data, response] = await Promise.all([this, this.#response]);
    return { data, response, request_id: response.headers.get('x-request-id') };
  }

  // oxlint-disable-next-line unicorn/no-thenable -- being awaited is the point of this class
  then<A = T, B = never>(
    onFulfilled?: ((value: T) => A | PromiseLike<A>) | null,
    onRejected?: ((reason: unknown) => B | PromiseLike<B>) | null,
  ): Promise<A | B> {
    this.#parsed ??= this.#response.then(this.#parse);
    return this.#parsed.then(onFulfilled, onRejected);
  }

  catch<B = never>(onRejected?: ((reason: unknown) => B | PromiseLike<B>) | null): Promise<T | B> {
    return this.then(undefined, onRejected);
  }

  finally(onFinally?: (() => void) | null): Promise<T> {
    return this.then(undefined).finally(onFinally);
  }
}
