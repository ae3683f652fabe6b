import type { AbortFlag } from '../abort-flag.ts';
import type { ModelRoute } from './route-models.ts';
import { UpstreamError } from './upstream-error.ts';

/** The calls that one request leads to, one after the other: how many there were, and what the one under way holds. */
export class Attempts {
  #count = 0;
  #upstream = '';
  #running: ModelRoute | undefined;
  #timer: NodeJS.Timeout | undefined;

  get count(): number {
    return this.#count;
  }

  /** The name of the upstream that answers, or was the last one chosen; empty before that. */
  get upstream(): string {
    return this.#upstream;
  }

  /** Takes a slot of the upstream, then counts the call and its time: at once if one is free. Throws like `Slots.take`. */
  begin(route: ModelRoute, abort: AbortFlag): Promise<void> | undefined {
    this.#upstream = route.upstream.name;
    const turn = route.slots.take(abort);
    if (turn !== undefined) return turn.then(() => this.#start(route, abort));
    this.#start(route, abort);
    return undefined;
  }

  /** Gives back what the call held. To be called when its answer has ended; again, it does nothing. */
  end(): void {
    clearTimeout(this.#timer);
    this.#running?.slots.free();
    this.#running = undefined;
  }

  #start(route: ModelRoute, abort: AbortFlag): void {
    this.#running = route;
    this.#count += 1;
    if (route.totalTimeoutMs !== false) this.#limitTime(route.totalTimeoutMs, abort);
  }

  /** The whole answer is meant: once it has begun, nobody else can give it. */
  #limitTime(ms: number, abort: AbortFlag): void {
    const giveUp = (): void =>
      abort.abort(
        new UpstreamError(`${this.#upstream}: the answer did not end within ${ms} ms`, { isTimeout: true }),
      );
    this.#timer = setTimeout(giveUp, ms);
  }
}
