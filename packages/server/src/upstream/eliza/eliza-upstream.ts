// The built-in demo: ELIZA behind the interface of an upstream, so that the first run answers without key and network.
// Its answers are those of a pattern-matching program of 1966, not of a language model.

import { setImmediate } from 'node:timers/promises';

import type { Model } from '@colloquy/client/contract';

import type { AbortFlag } from '../../abort-flag.ts';
import { ApiError } from '../../api-error.ts';
import { bodyOf } from '../body-of.ts';
import type { Upstream, UpstreamAnswer } from '../upstream.ts';
import { createCompletion, formatChunks, formatCompletion } from './completion.ts';
import { MODEL_ID, readRequest } from './request.ts';

const MODEL: Model = {
  id: MODEL_ID,
  object: 'model',
  // 1966 lies before the Unix epoch, and clients in typed languages read this member as an unsigned number.
  created: 0,
  owned_by: 'Joseph Weizenbaum, 1966: a pattern-matching program, not a language model',
};

export function createElizaUpstream(): Upstream {
  return {
    name: MODEL_ID,
    dialect: { forwardStore: false, credentials: 'config', renames: {} },
    async createChatCompletion({ body, abort }) {
      abort.throwIfAborted();
      return answerRequest(body, abort);
    },
    async listModels(abort) {
      abort.throwIfAborted();
      return [MODEL];
    },
    close: () => Promise.resolve(),
  };
}

function answerRequest(body: Uint8Array, abort: AbortFlag): UpstreamAnswer {
  try {
    const request = readRequest(body);
    const completion = createCompletion(request);
    if (!request.stream) return answerJson(200, formatCompletion(completion), abort);
    return {
      status: 200,
      headers: { 'content-type': 'text/event-stream; charset=utf-8' },
      body: bodyOf(
        emitBytes(formatEvents(formatChunks(completion, request.includeUsage)), abort),
        holdNothing,
      ),
    };
  } catch (error) {
    if (error instanceof ApiError) return answerJson(error.status, error.toBody(), abort);
    throw error;
  }
}

function answerJson(status: number, value: object, abort: AbortFlag): UpstreamAnswer {
  return {
    status,
    headers: { 'content-type': 'application/json' },
    body: bodyOf(emitBytes([JSON.stringify(value)], abort), holdNothing),
  };
}

/** An answer that nobody reads on is not made either. */
function holdNothing(): void {}

function* formatEvents(chunks: Iterable<object>): Generator<string> {
  for (const chunk of chunks) yield `data: ${JSON.stringify(chunk)}\n\n`;
  yield 'data: [DONE]\n\n';
}

async function* emitBytes(texts: Iterable<string>, abort: AbortFlag): AsyncGenerator<Uint8Array> {
  const encoder = new TextEncoder();
  for (const text of texts) {
    abort.throwIfAborted();
    yield encoder.encode(text);
    // Lets the reader send this chunk, and others be served, before the next is made.
    await setImmediate();
  }
}
