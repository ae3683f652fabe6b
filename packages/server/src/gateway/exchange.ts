import type { AbortFlag } from '../abort-flag.ts';
import type { Attempts } from '../upstream/attempts.ts';
import type { Caller } from './caller.ts';
import type { Pings } from './pings.ts';
import type { CreateRequest, Plan } from './plan.ts';

/** One create request under way. */
export interface Exchange {
  readonly request: CreateRequest;
  readonly plan: Plan;
  readonly caller: Caller;
  /** The calls that were made for it. */
  readonly attempts: Attempts;
  /** Ends the call to the upstream. */
  readonly abort: AbortFlag;
  /** For a stream, while nothing comes. */
  readonly pings: Pings;
}
