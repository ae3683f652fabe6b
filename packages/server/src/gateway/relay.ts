// Upstream bytes → caller, unparsed, in the rhythm in which they come.

import type { ErrorBody } from '@colloquy/client/contract';

import { ApiError } from '../api-error.ts';
import type { JsonBytes } from '../json/members.ts';
import { parseObject } from '../json/parse-object.ts';
import { readWhole } from '../upstream/read-whole.ts';
import type { UpstreamAnswer } from '../upstream/upstream.ts';
import { isEncoded, isEventStream, selectHeaders } from './answer-headers.ts';
import type { Exchange } from './exchange.ts';
import type { Recorder } from './recorder.ts';
import { toApiError } from './to-api-error.ts';

/** Error bodies are a few hundred bytes; beyond this, it is something else. */
const MAX_ERROR_BYTES = 1_048_576;
/** How much of a foreign error page is quoted. */
const QUOTED_CHARACTERS = 500;

/** An answer that is not kept. */
export async function relay(exchange: Exchange, answer: UpstreamAnswer): Promise<void> {
  const { caller } = exchange;
  const headers = selectHeaders(answer.headers);
  const { 'content-length': length } = answer.headers;
  if (length !== undefined) headers['content-length'] = length;
  caller.start(answer.status, headers);
  try {
    await answer.body.deliver((bytes) => caller.write(bytes));
    caller.end();
  } catch (error) {
    await breakOff(exchange, answer, error);
  }
}

/** Tells a caller whose answer has begun that it will not end: in the stream if it is one, else by the connection. */
export async function breakOff(
  { caller, request }: Exchange,
  answer: UpstreamAnswer,
  error: unknown,
): Promise<void> {
  if (caller.gone.aborted) return;
  request.log.warn({ err: error }, 'the answer broke off');
  if (!isEventStream(answer.headers) || isEncoded(answer.headers)) {
    caller.cut();
    return;
  }
  // The blank line ends what may have been cut in the middle, so that the error is an event of its own.
  await caller.write(Buffer.from(`\n\ndata: ${JSON.stringify(toApiError(error).toBody())}\n\n`));
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
