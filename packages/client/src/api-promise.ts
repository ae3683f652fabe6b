import type { Answer } from './request.ts';

/** What a server answered, with the `x-request-id` of its answer, which is not enumerable. */
export type WithRequestID<T> = T & { readonly _request_id?: string | null };

/**
 * What every operation returns: a promise of the parsed answer that can also show the HTTP response.
 */
export class APIPromise<T> implements Promise<T> {
  readonly [Symbol.toStringTag] = 'APIPromise';
  readonly #answer: Promise<Answer>;
  readonly #parse: (answer: Answer) => Promise<T>;
  #parsed: Promise<T> | undefined;

  constructor(answer: Promise<Answer>, parse: (answer: Answer) => Promise<T>) {
    this.#answer = answer;
    this.#parse = parse;
  }

  /**
   * The response as soon as its head arrived, its body unread and without a time limit from here on: the caller reads
   * it. Rejects as the operation would.
   */
  async asResponse(): Promise<Response> {
    const { response, lifetime } = await this.#answer;
    // Awaited as well, the answer is still read within its limits.
    if (!this.#parsed) lifetime.unlimit();
    return response;
  }

  /** The parsed answer, the response that it came in, and its `x-request-id`. */
  async withResponse(): Promise<{ data: T; response: Response; request_id: string | null }> {
    const [data, { response }] = await Promise.all([this, this.#answer]);
    return { data, response, request_id: response.headers.get('x-request-id') };
  }

  /** The same call, with what `change` makes of the parsed answer. */
  map<U>(change: (data: T) => U): APIPromise<U> {
    return new APIPromise(this.#answer, async (answer) => change(await this.#parse(answer)));
  }

  // oxlint-disable-next-line unicorn/no-thenable -- being awaited is the point of this class
  then<A = T, B = never>(
    onFulfilled?: ((value: T) => A | PromiseLike<A>) | null,
    onRejected?: ((reason: unknown) => B | PromiseLike<B>) | null,
  ): Promise<A | B> {
    this.#parsed ??= this.#answer.then(this.#parse);
    return this.#parsed.then(onFulfilled, onRejected);
  }

  catch<B = never>(onRejected?: ((reason: unknown) => B | PromiseLike<B>) | null): Promise<T | B> {
    return this.then(undefined, onRejected);
  }

  finally(onFinally?: (() => void) | null): Promise<T> {
    return this.then(undefined).finally(onFinally);
  }
}
