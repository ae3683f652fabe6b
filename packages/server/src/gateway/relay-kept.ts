// The relay of what is kept: the caller's last byte waits for the commit.

import type { ChatCompletion } from '@colloquy/client/contract';

import type { AbortFlag } from '../abort-flag.ts';
import { ApiError } from '../api-error.ts';
import type { JsonBytes } from '../json/members.ts';
import { isObject, parseObject } from '../json/parse-object.ts';
import { StorageError } from '../storage/storage.ts';
import { readWhole } from '../upstream/read-whole.ts';
import { UpstreamError } from '../upstream/upstream-error.ts';
import type { UpstreamAnswer } from '../upstream/upstream.ts';
import { selectHeaders } from './answer-headers.ts';
import type { EventStream } from './event-stream.ts';
import type { Exchange } from './exchange.ts';
import { KeptStream } from './kept-stream.ts';
import type { Recorder } from './recorder.ts';
import { breakOff, withEvents } from './relay.ts';
import { PAID, toApiError, toPaidError } from './to-api-error.ts';

/** The largest answer that is kept. */
const MAX_KEPT_BYTES = 67_108_864;
/** How long an upstream may leave its connection open behind `[DONE]` before it is closed from here. */
const LINGER_MS = 1000;

const DONE = Buffer.from('data: [DONE]\n\n');

/** A plain answer: collected, committed, then sent. */
export async function relayKeptBody(
  exchange: Exchange,
  recorder: Recorder,
  answer: UpstreamAnswer,
): Promise<void> {
  const { caller, attempts } = exchange;
  recorder.noteBeginning();
  const body = await readPaid(answer);
  const completion = parseCompletion(body);
  let seen: JsonBytes = body;
  if (completion !== undefined) {
    seen = (await commit(exchange, recorder, () => recorder.keepBody(body, completion))) ?? body;
  } else {
    const refusal = new ApiError(
      'upstream_invalid_answer',
      `The upstream ${attempts.upstream} answered ${answer.status} with what is no chat completion: ${quote(body)}`,
      { headers: PAID },
    );
    if (recorder.keep.isRequired) throw refusal;
    await recorder.keepFailure(refusal.toBody());
  }
  caller.start(answer.status, { ...selectHeaders(answer.headers), 'content-length': String(seen.length) });
  await caller.write(seen);
  caller.end();
}

async function readPaid(answer: UpstreamAnswer): Promise<Buffer> {
  try {
    return await readWhole(answer.body, MAX_KEPT_BYTES);
  } catch (error) {
    throw toPaidError(error);
  }
}

/** A stream: relayed event by event, merged on the way, its `[DONE]` sent after the commit. */
export async function relayKeptStream(
  exchange: Exchange,
  recorder: Recorder,
  answer: UpstreamAnswer,
): Promise<void> {
  await withEvents(exchange, answer, async (events) => {
    const stream = new KeptStream(recorder.keep);
    const flow = relayEvents(exchange, recorder, stream, answer, events);
    try {
      await flow.done;
    } catch (error) {
      await recorder.keepInterrupted(stream.completion(), toApiError(error).toBody().error);
      breakOff(exchange, events, error);
      return;
    }
    await endStream(exchange, recorder, stream, events);
    await waitForEnd(flow.ended, exchange.abort);
  });
}

/** The answer is whole, or ended with the upstream's own error, which the caller has seen. */
async function endStream(
  exchange: Exchange,
  recorder: Recorder,
  stream: KeptStream,
  events: EventStream,
): Promise<void> {
  if (stream.error !== undefined) {
    await recorder.keepInterrupted(stream.completion(), stream.error);
    events.end();
    return;
  }
  try {
    await commit(exchange, recorder, () => recorder.keepStream(stream.completion()));
    await events.write(DONE);
    events.end();
  } catch (error) {
    breakOff(exchange, events, error);
  }
}

interface Flow {
  /** Resolves when the completion has ended. Rejects if it breaks off, or if the answer ends before it. */
  readonly done: Promise<void>;
  /** Settles when the answer has ended, which is never before `done`. */
  readonly ended: Promise<void>;
}

function relayEvents(
  { attempts }: Exchange,
  recorder: Recorder,
  stream: KeptStream,
  answer: UpstreamAnswer,
  events: EventStream,
): Flow {
  const done = Promise.withResolvers<void>();
  const endedEarly = (): UpstreamError =>
    new UpstreamError(`${attempts.upstream}: the stream ended before the completion did`, {
      isTimeout: false,
    });
  let length = 0;
  const ended = answer.body.deliver((bytes) => {
    // What follows `[DONE]` or an error is not part of the answer.
    if (stream.hasEnded) return undefined;
    recorder.noteBytes(bytes);
    length += bytes.length;
    if (length > MAX_KEPT_BYTES) {
      throw new UpstreamError(`the stream is larger than ${MAX_KEPT_BYTES} bytes`, { isTimeout: false });
    }
    const ready = events.write(stream.push(bytes));
    if (stream.isDone && !stream.isComplete) throw endedEarly();
    if (stream.hasEnded) done.resolve(ready);
    return ready;
  });
  ended
    .then(async () => {
      await events.write(stream.flush());
      if (stream.isComplete || stream.error !== undefined) return;
      throw endedEarly();
    })
    .then(done.resolve, done.reject);
  return { done: done.promise, ended };
}

/** Runs the commit. Where the caller did not ask for it, its failure costs no answer: then this returns undefined. */
async function commit<T>(
  { request }: Exchange,
  { keep }: Recorder,
  run: () => Promise<T>,
): Promise<T | undefined> {
  try {
    return await run();
  } catch (error) {
    // Not an outage: the completion that holds the key is the answer.
    if (error instanceof ApiError) throw error;
    request.log.warn({ err: error, completion: keep.id }, 'the completion could not be kept');
    if (!keep.isRequired) return undefined;
    if (!(error instanceof StorageError)) throw error;
    throw new ApiError('store_unavailable', 'The model answered, but the store could not keep it.', {
      headers: PAID,
      cause: error,
    });
  }
}

/** The end of the body follows `[DONE]` at once; when it is read, the connection can serve the next call. */
async function waitForEnd(ended: Promise<void>, abort: AbortFlag): Promise<void> {
  const timer = setTimeout(() => abort.abort(new Error('open behind [DONE]')), LINGER_MS).unref();
  // The answer was whole before: how its connection ends does not matter.
  await ended.catch(() => undefined);
  clearTimeout(timer);
}

function parseCompletion(body: JsonBytes): ChatCompletion | undefined {
  const value = parseObject(body);
  const choices = value?.['choices'];
  if (!Array.isArray(choices) || !choices.every(isObject) || value?.['error']) return undefined;
  // The rest is the upstream's word, as everywhere.
  return value as unknown as ChatCompletion;
}

function quote(body: JsonBytes): string {
  return Buffer.from(body).toString().slice(0, 200);
}
