// From a request to an answer that may begin: calls one upstream after the other as long as that is safe and may help.

import type { AbortFlag } from '../abort-flag.ts';
import type { Attempts } from './attempts.ts';
import { chooseRoute } from './choose-route.ts';
import { discardBody } from './discard-body.ts';
import { readRetryAfterMs } from './read-retry-after.ts';
import type { ModelRoute, ModelRoutes } from './route-models.ts';
import { REAL_TIMING, type Timing } from './timing.ts';
import { UpstreamError } from './upstream-error.ts';
import type { Dialect, UpstreamAnswer, UpstreamCall } from './upstream.ts';
import { Visits, type Failure } from './visits.ts';

export interface Question {
  /** Those that serve the model. */
  readonly routes: ModelRoutes;
  /** What goes to an upstream that wants it so. */
  readonly compose: (dialect: Dialect) => Pick<UpstreamCall, 'body' | 'headers'>;
  readonly abort: AbortFlag;
  readonly log: Log;
}

interface Log {
  warn(details: object, message: string): void;
}

type Outcome = UpstreamAnswer | UpstreamError;

const TOO_MANY_REQUESTS = 429;
/** Answers of an upstream that is not well. */
const FAILURE_STATUSES: ReadonlySet<number> = new Set([500, 502, 503, 504]);

/**
 * Resolves with the head of the answer that the caller gets, whatever its status.
 *
 * Throws `UpstreamError` if none came, `ApiError` if an upstream has no room, and the reason of `abort` once that is
 * raised.
 */
export async function askUpstreams(
  { routes, compose, abort, log }: Question,
  attempts: Attempts,
  timing: Timing = REAL_TIMING,
): Promise<UpstreamAnswer> {
  let visits: Visits | undefined;
  // Where nobody is well, asking is the only way to find out who is again.
  let route = chooseRoute(routes, timing) ?? routes[0];
  route.budget.add();
  for (;;) {
    const turn = attempts.begin(route, abort);
    if (turn !== undefined) await turn;
    const outcome = await call(route, compose, abort);
    noteHealth(route, outcome, log);
    const failure = readFailure(outcome);
    if (failure === undefined) return settle(outcome);
    visits ??= new Visits(routes, timing);
    const next = visits.next(route, failure);
    if (next === undefined || !route.budget.take()) return settle(outcome);
    logFailure(log, attempts, outcome, next.route);
    attempts.end();
    if (!(outcome instanceof UpstreamError)) discardBody(outcome.body);
    if (next.pauseMs > 0) await timing.wait(next.pauseMs, abort);
    route = next.route;
  }
}

async function call(
  { upstream, health }: ModelRoute,
  compose: Question['compose'],
  abort: AbortFlag,
): Promise<Outcome> {
  health.noteCall();
  try {
    const { body, headers } = compose(upstream.dialect);
    return await upstream.createChatCompletion({ body, headers, abort });
  } catch (error) {
    // Ended from here, it says nothing of the upstream.
    if (abort.aborted || !(error instanceof UpstreamError)) throw error;
    return error;
  }
}

function noteHealth({ upstream, health }: ModelRoute, outcome: Outcome, log: Log): void {
  const isFailure = outcome instanceof UpstreamError || FAILURE_STATUSES.has(outcome.status);
  const hasChanged = isFailure ? health.noteFailure() : health.noteAnswer();
  if (hasChanged) {
    log.warn(
      { upstream: upstream.name },
      isFailure ? 'the upstream fails: it is asked rarely until it answers' : 'the upstream answers again',
    );
  }
  if (outcome instanceof UpstreamError || (!isFailure && outcome.status !== TOO_MANY_REQUESTS)) return;
  const retryAfterMs = readRetryAfterMs(outcome.headers);
  if (retryAfterMs !== undefined) health.noteBusy(retryAfterMs);
}

/** Undefined if the outcome is what the caller gets, or if the model may have answered and been paid for it. */
function readFailure(outcome: Outcome): Failure | undefined {
  if (outcome instanceof UpstreamError) {
    const { isUnsent, isReset, isTimeout } = outcome;
    // Who could not be reached in a long time is not waited for twice.
    return isUnsent || isReset ? { isReset, isFinal: isTimeout, retryAfterMs: undefined } : undefined;
  }
  const { status, headers } = outcome;
  const isFinal = headers['x-should-retry'] === 'false';
  // Whoever has too many requests has not answered this one: another upstream may.
  if (status !== TOO_MANY_REQUESTS && (isFinal || !FAILURE_STATUSES.has(status))) return undefined;
  return { isReset: false, isFinal, retryAfterMs: readRetryAfterMs(headers) };
}

function settle(outcome: Outcome): UpstreamAnswer {
  if (outcome instanceof UpstreamError) throw outcome;
  return outcome;
}

function logFailure(log: Log, { upstream, count }: Attempts, outcome: Outcome, next: ModelRoute): void {
  const what = outcome instanceof UpstreamError ? { err: outcome } : { status: outcome.status };
  log.warn(
    { upstream, attempt: count, ...what, next: next.upstream.name },
    'the upstream failed before its answer began: the request is sent again',
  );
}
