// createChatCompletion, step by step: plan → once per key → relay → record → commit.

import type { AbortFlag } from '../abort-flag.ts';
import type { Storage } from '../storage/storage.ts';
import { askUpstreams } from '../upstream/ask-upstreams.ts';
import { Attempts } from '../upstream/attempts.ts';
import { UpstreamError } from '../upstream/upstream-error.ts';
import type { UpstreamAnswer } from '../upstream/upstream.ts';
import { isEventStream } from './answer-headers.ts';
import type { Caller } from './caller.ts';
import type { Exchange } from './exchange.ts';
import type { Idempotency } from './idempotency.ts';
import { planChatCompletion, type CreateRequest, type PlanContext } from './plan.ts';
import { Recorder } from './recorder.ts';
import { relayKeptBody, relayKeptStream } from './relay-kept.ts';
import { relay, relayError } from './relay.ts';
import { toApiError } from './to-api-error.ts';

export interface GatewayContext extends PlanContext {
  readonly storage: Storage;
  readonly idempotency: Idempotency;
}

/**
 * Where the store failed, the model has not, and the store would not take this either. Where another completion has the
 * key, that is kept.
 */
const NO_FAILURES: ReadonlySet<string> = new Set(['store_unavailable', 'idempotency_key_in_use']);

/** How long a kept answer is read on after its caller has left. */
const FINISH_TIMEOUT_MS = 300_000;

/**
 * Answers the caller, and keeps what is to be kept. Raising `abort` ends it early.
 *
 * Throws `ApiError` as long as nothing was sent; later troubles are told in the stream, or by cutting the connection.
 */
export async function createChatCompletion(
  context: GatewayContext,
  request: CreateRequest,
  caller: Caller,
  abort: AbortFlag,
): Promise<void> {
  const plan = planChatCompletion(context, request);
  const exchange: Exchange = { request, plan, caller, abort, attempts: new Attempts() };
  await context.idempotency.runOnce(exchange, () => runExchange(context.storage, exchange));
}

async function runExchange(storage: Storage, exchange: Exchange): Promise<void> {
  const { request, plan, caller, attempts } = exchange;
  const recorder = plan.keep && new Recorder(storage, request, attempts, plan.keep);
  const unfollow = followCaller(exchange);
  let answer: UpstreamAnswer | undefined;
  try {
    answer = await ask(exchange);
    if (answer.status >= 300) await relayError(exchange, recorder, answer);
    else if (recorder === undefined) await relay(exchange, answer);
    else if (isEventStream(answer.headers)) await relayKeptStream(exchange, recorder, answer);
    else await relayKeptBody(exchange, recorder, answer);
  } catch (error) {
    const refusal = toApiError(error);
    if (!NO_FAILURES.has(refusal.kind)) await recorder?.keepFailure(refusal.toBody());
    if (!caller.gone.aborted && !caller.hasStarted) throw refusal;
    // Nobody is there to be told, or a part was sent already.
    if (!caller.gone.aborted) request.log.warn({ err: error }, 'the answer broke off');
    caller.cut();
  } finally {
    unfollow();
    // An answer that nobody reads to its end would hold its connection.
    answer?.body.cancel();
    attempts.end();
  }
}

/** Asks the upstreams that serve the model; whatever comes of it, the caller is told what was done. */
async function ask({
  request: { log },
  plan: { routes, compose },
  caller,
  abort,
  attempts,
}: Exchange): Promise<UpstreamAnswer> {
  try {
    return await askUpstreams({ routes, compose, abort, log }, attempts);
  } finally {
    caller.setHeaders({
      'x-colloquy-upstream': attempts.upstream,
      'x-colloquy-attempts': String(attempts.count),
    });
  }
}

/** When the caller leaves, what is not kept is aborted at once; what is kept is read to its end, within bounds. */
function followCaller({ caller, plan, abort }: Exchange): () => void {
  let timer: NodeJS.Timeout | undefined;
  let isOver = false;
  const giveUp = (): void =>
    abort.abort(
      new UpstreamError('the caller left, and the answer did not end soon after', { isTimeout: true }),
    );
  const leave = (): void => {
    if (isOver) return;
    if (plan.keep === undefined) abort.abort();
    else timer = setTimeout(giveUp, FINISH_TIMEOUT_MS).unref();
  };
  caller.gone.onAbort(leave);
  return () => {
    isOver = true;
    clearTimeout(timer);
  };
}
