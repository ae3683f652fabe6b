// createChatCompletion, step by step: replay, or plan → once per key → relay → record → commit.

import type { AbortFlag } from '../abort-flag.ts';
import type { Storage } from '../storage/storage.ts';
import { askUpstreams } from '../upstream/ask-upstreams.ts';
import { Attempts } from '../upstream/attempts.ts';
import type { UpstreamAnswer } from '../upstream/upstream.ts';
import { isOpenEventStream } from './answer-headers.ts';
import type { Caller } from './caller.ts';
import type { ExactAnswers } from './exact-answers.ts';
import type { Exchange } from './exchange.ts';
import { CallerFollower, type DisconnectRules } from './follow-caller.ts';
import type { Idempotency } from './idempotency.ts';
import type { Journal } from './journal.ts';
import type { Pings } from './pings.ts';
import { planChatCompletion, type CreateRequest, type PlanContext } from './plan.ts';
import { Recorder } from './recorder.ts';
import { relayKeptBody, relayKeptStream } from './relay-kept.ts';
import { relay, relayError } from './relay.ts';
import { toApiError } from './to-api-error.ts';

export interface GatewayContext extends PlanContext {
  readonly storage: Storage;
  readonly idempotency: Idempotency;
  readonly exactAnswers: ExactAnswers;
  readonly journal: Journal;
  readonly pings: Pings;
  readonly disconnectRules: DisconnectRules;
}

/**
 * Where the store failed, the model has not, and the store would not take this either. Where another completion has the
 * key, that is kept.
 */
const NO_FAILURES: ReadonlySet<string> = new Set(['store_unavailable', 'idempotency_key_in_use']);

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
  if (context.exactAnswers.isOn && (await context.exactAnswers.answer(request, caller))) return;
  const plan = planChatCompletion(context, request);
  const exchange: Exchange = {
    request,
    plan,
    caller,
    abort,
    attempts: new Attempts(),
    pings: context.pings,
  };
  await context.idempotency.runOnce(exchange, () => runExchange(context, exchange));
}

async function runExchange(context: GatewayContext, exchange: Exchange): Promise<void> {
  const { request, plan, caller, attempts } = exchange;
  const recorder = plan.keep && new Recorder(context, request, attempts, plan.keep);
  const follower = new CallerFollower(exchange, context.disconnectRules);
  let answer: UpstreamAnswer | undefined;
  try {
    answer = follower.count(await ask(exchange));
    if (answer.status >= 300) await relayError(exchange, recorder, answer);
    else if (recorder === undefined) await relay(exchange, answer);
    else if (isOpenEventStream(answer.headers)) await relayKeptStream(exchange, recorder, answer);
    else await relayKeptBody(exchange, recorder, answer);
  } catch (error) {
    const refusal = toApiError(error);
    if (!NO_FAILURES.has(refusal.kind)) await recorder?.keepFailure(refusal.toBody());
    if (!caller.gone.aborted && !caller.hasStarted) throw refusal;
    // Nobody is there to be told, or a part was sent already.
    if (!caller.gone.aborted) request.log.warn({ err: error }, 'the answer broke off');
    caller.cut();
  } finally {
    follower.stop();
    recorder?.end();
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
