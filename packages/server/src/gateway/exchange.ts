import type { Caller } from './caller.ts';
import type { CreateRequest, Plan } from './plan.ts';
import type { Recorder } from './recorder.ts';

/** One create request under way. */
export interface Exchange {
  readonly request: CreateRequest;
  readonly plan: Plan;
  readonly caller: Caller;
  /** Undefined if nothing is kept. */
  readonly recorder: Recorder | undefined;
  /** Ends the call to the upstream. */
  readonly abort: AbortController;
}
