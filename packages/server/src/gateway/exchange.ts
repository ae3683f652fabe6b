import type { AbortFlag } from '../abort-flag.ts';
import type { Caller } from './caller.ts';
import type { Pings } from './pings.ts';
import type { CreateRequest, Plan } from './plan.ts';

/** One create request under way. */
export interface Exchange {
  readonly request: CreateRequest;
  readonly plan: Plan;
  readonly caller: Caller;
  /** Ends the call to the upstream. */
  readonly abort: AbortFlag;
  /** For a stream, while nothing comes. */
  readonly pings: Pings;
}
