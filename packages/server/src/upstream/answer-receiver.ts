// One answer on its way in. Pieces go from undici's parser to whoever takes them in one call, without streams or
// iterators between: those cost more than the relay itself.

import type { Dispatcher } from 'undici';

import type { AbortFlag } from '../abort-flag.ts';
import { decodeBody } from './decode-body.ts';
import type { AnswerBody, TakeBytes, UpstreamAnswer } from './upstream.ts';

/** How much may wait for somebody to take it before the upstream is held back. */
const MAX_WAITING_BYTES = 65_536;

/** Made once, since a stack costs time. */
const CANCELLED = new Error('nobody reads the answer');

type Controller = Dispatcher.DispatchController;

/** Turns undici's errors into what callers of the upstream are promised; `wasSent` tells whether there was a connection. */
export type DescribeError = (error: unknown, wasSent: boolean) => unknown;

export class AnswerReceiver implements Dispatcher.DispatchHandler, AnswerBody {
  readonly #head = Promise.withResolvers<UpstreamAnswer>();
  readonly #abort: AbortFlag;
  readonly #describe: DescribeError;
  #controller: Controller | undefined;
  /** What came before it could be taken. */
  #waiting: Uint8Array[] = [];
  #waitingBytes = 0;
  /** Pieces wait: nobody takes them yet, or the last one's taker needs time. */
  #isHeld = true;
  #take: TakeBytes = () => undefined;
  #ending: { readonly error?: unknown } | undefined;
  #delivery: PromiseWithResolvers<void> | undefined;

  constructor(abort: AbortFlag, describe: DescribeError) {
    this.#abort = abort;
    this.#describe = describe;
    abort.onAbort(() => this.#giveUp());
  }

  /** Resolves when the answer begins. */
  get head(): Promise<UpstreamAnswer> {
    return this.#head.promise;
  }

  deliver(take: TakeBytes): Promise<void> {
    this.#take = take;
    this.#delivery = Promise.withResolvers();
    this.#flow();
    return this.#delivery.promise;
  }

  cancel(): void {
    if (this.#ending === undefined) this.#controller?.abort(CANCELLED);
  }

  onRequestStart(controller: Controller): void {
    this.#controller = controller;
    if (this.#abort.aborted) controller.abort(this.#abort.reason as Error);
  }

  onResponseStart(_controller: Controller, status: number, headers: UpstreamAnswer['headers']): void {
    // The head of the answer itself is still to come.
    if (status < 200) return;
    this.#head.resolve(decodeAnswer({ status, headers, body: this }));
  }

  onResponseData(controller: Controller, bytes: Uint8Array): void {
    if (!this.#isHeld) {
      this.#hand(bytes);
      return;
    }
    this.#waiting.push(bytes);
    this.#waitingBytes += bytes.length;
    if (this.#waitingBytes > MAX_WAITING_BYTES) controller.pause();
  }

  onResponseEnd(): void {
    this.#end({});
  }

  onResponseError(_controller: Controller, error: Error): void {
    const described = this.#describe(error, this.#controller !== undefined);
    this.#head.reject(described);
    this.#end({ error: described });
  }

  /** Before the request has begun, there is nothing to end but the waiting. */
  #giveUp(): void {
    const { reason } = this.#abort;
    this.#head.reject(reason);
    if (this.#ending === undefined) this.#controller?.abort(reason as Error);
  }

  #hand(bytes: Uint8Array): void {
    let ready: Promise<void> | undefined;
    try {
      ready = this.#take(bytes);
    } catch (error) {
      this.#fail(error);
      return;
    }
    if (ready === undefined) return;
    this.#isHeld = true;
    this.#controller?.pause();
    ready.then(
      () => this.#flow(),
      (error: unknown) => this.#fail(error),
    );
  }

  /** Hands over what waits, then what comes. */
  #flow(): void {
    this.#isHeld = false;
    while (!this.#isHeld) {
      const bytes = this.#waiting.shift();
      if (bytes === undefined) break;
      this.#waitingBytes -= bytes.length;
      this.#hand(bytes);
    }
    if (this.#isHeld) return;
    if (this.#ending === undefined) this.#controller?.resume();
    else this.#settle(this.#ending);
  }

  #end(ending: { readonly error?: unknown }): void {
    this.#ending ??= ending;
    // What waits still has its turn.
    if (!this.#isHeld) this.#settle(this.#ending);
  }

  /** The taker wants no more of it. */
  #fail(error: unknown): void {
    this.#isHeld = true;
    this.#waiting = [];
    this.#delivery?.reject(error);
    if (this.#ending === undefined) this.#controller?.abort(error as Error);
  }

  #settle(ending: { readonly error?: unknown }): void {
    if ('error' in ending) this.#delivery?.reject(ending.error);
    else this.#delivery?.resolve();
  }
}

/** Compression is not asked for; a server that compresses all the same is understood. */
function decodeAnswer(answer: UpstreamAnswer): UpstreamAnswer {
  const decoded = decodeBody(answer.body, answer.headers['content-encoding']);
  if (decoded === undefined) return answer;
  const { 'content-encoding': _encoding, 'content-length': _length, ...headers } = answer.headers;
  return { status: answer.status, headers, body: decoded };
}
