// Upstream bytes → caller, unparsed, in the rhythm in which they come.

import type { ErrorBody } from '@colloquy/client/contract';

import { ApiError } from '../api-error.ts';
import type { JsonBytes } from '../json/members.ts';
import { parseObject } from '../json/parse-object.ts';
import { readWhole } from '../upstream/read-whole.ts';
import type { UpstreamAnswer } from '../upstream/upstream.ts';
import { isOpenEventStream, selectHeaders } from './answer-headers.ts';
import { EventStream } from './event-stream.ts';
import type { Exchange } from './exchange.ts';
import type { Recorder } from './recorder.ts';
import { toApiError, toPaidError } from './to-api-error.ts';

/** Error bodies are a few hundred bytes; beyond this, it is something else. */
const MAX_ERROR_BYTES = 1_048_576;
/** How much of a foreign error page is quoted. */
const QUOTED_CHARACTERS = 500;

/** An answer that is not kept. */
export function relay(exchange: Exchange, answer: UpstreamAnswer): Promise<void> {
  return isOpenEventStream(answer.headers) ? relayStream(exchange, answer) : relayBody(exchange, answer);
}

async function relayStream(exchange: Exchange, answer: UpstreamAnswer): Promise<void> {
  await withEvents(exchange, answer, async (events) => {
    try {
      await answer.body.deliver((bytes) => events.write(bytes));
      events.end();
    } catch (error) {
      breakOff(exchange, events, error);
    }
  });
}

/** Begins an event stream, which counts as open until `run` is through with it. */
export async function withEvents(
  { caller, pings }: Exchange,
  answer: UpstreamAnswer,
  run: (events: EventStream) => Promise<void>,
): Promise<void> {
  const events = new EventStream(caller);
  caller.start(answer.status, selectHeaders(answer.headers));
  pings.add(events);
  try {
    await run(events);
  } finally {
    pings.remove(events);
  }
}

/** Tells a caller whose stream has begun that it will not end as it should. */
export function breakOff({ caller, request }: Exchange, events: EventStream, error: unknown): void {
  if (caller.gone.aborted) return;
  request.log.warn({ err: error }, 'the answer broke off');
  events.fail(toApiError(error).toBody());
}

/** The head waits for the first byte: until then, a failure can be told by a status. Throws `ApiError` for it. */
async function relayBody({ caller, request }: Exchange, answer: UpstreamAnswer): Promise<void> {
  let hasBegun = false;
  const begin = (): void => {
    if (hasBegun) return;
    hasBegun = true;
    const headers = selectHeaders(answer.headers);
    const { 'content-length': length } = answer.headers;
    if (length !== undefined) headers['content-length'] = length;
    caller.start(answer.status, headers);
  };
  try {
    await answer.body.deliver((bytes) => {
      begin();
      return caller.write(bytes);
    });
  } catch (error) {
    if (!hasBegun) throw toPaidError(error);
    if (!caller.gone.aborted) request.log.warn({ err: error }, 'the answer broke off');
    // So that what was sent cannot be taken for the whole.
    caller.cut();
    return;
  }
  begin();
  caller.end();
}

/** An upstream's refusal: its status, body and advice when to retry pass unchanged; a foreign body is wrapped. */
export async function relayError(
  { caller, attempts }: Exchange,
  recorder: Recorder | undefined,
  answer: UpstreamAnswer,
): Promise<void> {
  if (answer.status < 400) {
    const { location = 'nowhere' } = answer.headers;
    throw new ApiError(
      'upstream_invalid_answer',
      `The upstream ${attempts.upstream} answered ${answer.status} and points to ${String(location)}: configure its final base URL.`,
    );
  }
  // An error whose body cannot be had is still that error.
  const body = await readWhole(answer.body, MAX_ERROR_BYTES).catch(() => Buffer.alloc(0));
  const isEnvelope = hasErrorObject(body);
  const seen = isEnvelope ? body : Buffer.from(JSON.stringify(wrap(body, answer.status)));
  await recorder?.keepFailure(seen);
  caller.start(answer.status, {
    ...selectHeaders(answer.headers),
    'content-length': String(seen.length),
    'content-type': 'application/json',
  });
  await caller.write(seen);
  caller.end();
}

function hasErrorObject(body: JsonBytes): boolean {
  const error = parseObject(body)?.['error'];
  return typeof error === 'object' && error !== null;
}

function wrap(body: Uint8Array, status: number): ErrorBody {
  const text = Buffer.from(body).toString().slice(0, QUOTED_CHARACTERS).trim();
  const message =
    text === ''
      ? `The upstream answered ${status} without a body.`
      : `The upstream answered ${status}: ${text}`;
  return {
    error: {
      message,
      type: status < 500 ? 'invalid_request_error' : 'server_error',
      param: null,
      code: null,
    },
  };
}
