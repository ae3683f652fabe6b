import { ApiError } from '../api-error.ts';
import type { Config } from '../config/config.ts';
import type { UpstreamAnswer } from '../upstream/upstream.ts';
import type { Exchange } from './exchange.ts';

/** What becomes of a kept answer whose caller has left. */
export type DisconnectRules = Pick<Config, 'onDisconnect' | 'finishTimeoutMs' | 'finishMaxBytes'>;

/** Ends what nobody waits for any more. */
export class CallerFollower {
  readonly #exchange: Exchange;
  readonly #rules: DisconnectRules;
  #bytesLeft: number;
  #timer: NodeJS.Timeout | undefined;
  #isOver = false;

  constructor(exchange: Exchange, rules: DisconnectRules) {
    this.#exchange = exchange;
    this.#rules = rules;
    this.#bytesLeft = rules.finishMaxBytes;
    exchange.caller.gone.onAbort(() => this.#leave());
  }

  /** The same answer; what comes of it after the caller has left is counted. */
  count(answer: UpstreamAnswer): UpstreamAnswer {
    const { caller, plan } = this.#exchange;
    if (plan.keep === undefined) return answer;
    const { body } = answer;
    return {
      ...answer,
      body: {
        cancel: () => body.cancel(),
        deliver: (take) =>
          body.deliver((bytes) => {
            if (caller.gone.aborted) this.#spend(bytes.length);
            return take(bytes);
          }),
      },
    };
  }

  /** To be called when the answer has ended. */
  stop(): void {
    this.#isOver = true;
    clearTimeout(this.#timer);
  }

  /** What is not kept is aborted at once; what is kept is read to its end, within bounds, or aborted too. */
  #leave(): void {
    if (this.#isOver) return;
    const { onDisconnect, finishTimeoutMs } = this.#rules;
    if (this.#exchange.plan.keep === undefined || onDisconnect === 'abort') {
      this.#abort('The caller left before the answer had ended.');
    } else {
      const giveUp = (): void =>
        this.#abort(`The caller left, and the answer did not end within ${finishTimeoutMs / 1000} seconds.`);
      this.#timer = setTimeout(giveUp, finishTimeoutMs).unref();
    }
  }

  #spend(bytes: number): void {
    this.#bytesLeft -= bytes;
    if (this.#bytesLeft >= 0) return;
    this.#abort(
      `The caller left, and the answer did not end within ${this.#rules.finishMaxBytes} further bytes.`,
    );
  }

  #abort(message: string): void {
    this.#exchange.abort.abort(new ApiError('caller_left', message));
  }
}
