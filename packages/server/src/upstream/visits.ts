// Where one request has been, and where it may go next.

import { chooseRoute } from './choose-route.ts';
import type { ModelRoute } from './route-models.ts';
import type { Timing } from './timing.ts';

/** The pause before the same upstream is asked again, unless it names one; doubled each time, less up to a quarter. */
const FIRST_PAUSE_MS = 500;
const MAX_PAUSE_MS = 8000;
/** Whoever asks for more is not waited for: the caller gets the answer, and decides. */
const MAX_ASKED_PAUSE_MS = 10_000;

/** A call without an answer for the caller, after which it is safe to make it again. */
export interface Failure {
  /** The connection was closed, most likely just as it was used. */
  readonly isReset: boolean;
  /** The same upstream is not to be asked again: it said so, or took too long. */
  readonly isFinal: boolean;
  /** When the upstream wants to be asked again, in milliseconds from now. */
  readonly retryAfterMs: number | undefined;
}

export interface NextCall {
  readonly route: ModelRoute;
  readonly pauseMs: number;
}

interface Visit {
  readonly route: ModelRoute;
  count: number;
  /** When it may be asked again; never if it is infinite. */
  againAt: number;
}

export class Visits {
  readonly #routes: readonly ModelRoute[];
  readonly #timing: Timing;
  readonly #visits: Visit[] = [];

  constructor(routes: readonly ModelRoute[], timing: Timing) {
    this.#routes = routes;
    this.#timing = timing;
  }

  /**
   * Notes that a call failed. Returns the next one: the same upstream if a connection was reset, else the next that was
   * not asked yet, else the one that may first be asked again. Undefined if there is none.
   */
  next(route: ModelRoute, failure: Failure): NextCall | undefined {
    const visit = this.#note(route, failure);
    if (failure.isReset && visit.count === 1 && mayAskAgain(visit)) return { route, pauseMs: 0 };
    const other = chooseRoute(this.#routes, this.#timing, (one) => this.#find(one) !== undefined);
    return other === undefined ? this.#chooseAgain() : { route: other, pauseMs: 0 };
  }

  #note(route: ModelRoute, { isFinal, retryAfterMs }: Failure): Visit {
    const visit = this.#find(route) ?? { route, count: 0, againAt: 0 };
    if (visit.count === 0) this.#visits.push(visit);
    const pauseMs = retryAfterMs ?? this.#pauseMs(visit.count);
    const isHopeless = isFinal || (retryAfterMs ?? 0) > MAX_ASKED_PAUSE_MS;
    visit.againAt = isHopeless ? Infinity : this.#timing.now() + pauseMs;
    visit.count += 1;
    return visit;
  }

  #find(route: ModelRoute): Visit | undefined {
    return this.#visits.find((visit) => visit.route === route);
  }

  #chooseAgain(): NextCall | undefined {
    const [first] = this.#visits.filter(mayAskAgain).toSorted((one, other) => one.againAt - other.againAt);
    return first && { route: first.route, pauseMs: Math.max(0, first.againAt - this.#timing.now()) };
  }

  #pauseMs(count: number): number {
    return Math.min(FIRST_PAUSE_MS * 2 ** count, MAX_PAUSE_MS) * (1 - this.#timing.random() * 0.25);
  }
}

function mayAskAgain({ route, count, againAt }: Visit): boolean {
  return count <= route.retries && againAt !== Infinity && !route.health.isFailing;
}
