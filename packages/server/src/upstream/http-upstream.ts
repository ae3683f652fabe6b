// An OpenAI-compatible server, reached over HTTP.

import type { Model } from '@colloquy/client/contract';
import { errors, Pool, type Dispatcher } from 'undici';

import type { AbortFlag } from '../abort-flag.ts';
import { atTurnEnd } from '../at-turn-end.ts';
import type { UpstreamConfig } from '../config/config.ts';
import { readErrorMessage } from '../error-message.ts';
import type { JsonBytes } from '../json/members.ts';
import { parseObject } from '../json/parse-object.ts';
import { AnswerReceiver } from './answer-receiver.ts';
import { readWhole } from './read-whole.ts';
import { UpstreamError } from './upstream-error.ts';
import type { Upstream, UpstreamAnswer, UpstreamCall } from './upstream.ts';

/** The longest lists, of routers with hundreds of models, have about 1 MB. */
const MAX_LIST_BYTES = 16_777_216;

export function createHttpUpstream(config: UpstreamConfig): Upstream {
  const { name, baseURL, apiKey, forwardStore, credentials, renames } = config;
  const { origin, pathname } = new URL(baseURL.replace(/\/+$/, ''));
  const root = pathname === '/' ? '' : pathname;
  const pool = new Pool(origin, {
    connectTimeout: config.connectTimeoutMs,
    // Zero is for ever.
    headersTimeout: config.firstByteTimeoutMs || 0,
    bodyTimeout: config.idleTimeoutMs || 0,
  });
  const ownHeaders = {
    ...config.headers,
    'accept-encoding': 'identity',
    ...(apiKey !== undefined && { authorization: `Bearer ${apiKey}` }),
  };

  function send(request: Dispatcher.DispatchOptions, abort: AbortFlag): Promise<UpstreamAnswer> {
    const receiver = new AnswerReceiver(abort, (error, wasSent) =>
      abort.aborted ? abort.reason : toUpstreamError(error, name, wasSent),
    );
    // Requests that arrived together leave together.
    atTurnEnd(() => pool.dispatch(request, receiver));
    return receiver.head;
  }

  return {
    name,
    dialect: { forwardStore, credentials, renames },

    createChatCompletion: ({ body, headers, abort }: UpstreamCall): Promise<UpstreamAnswer> =>
      send(
        {
          method: 'POST',
          path: `${root}/chat/completions`,
          headers: Object.assign({}, headers, ownHeaders),
          body,
        },
        abort,
      ),

    async listModels(abort: AbortFlag): Promise<Model[]> {
      const answer = await send(
        { method: 'GET', path: `${root}/models`, headers: { accept: 'application/json', ...ownHeaders } },
        abort,
      );
      const body = await readWhole(answer.body, MAX_LIST_BYTES);
      const models = answer.status === 200 ? readModels(body) : undefined;
      if (models !== undefined) return models;
      // Not the text: servers that refuse a key may repeat it.
      throw new UpstreamError(`${name}: GET /models answered ${answer.status}, and no list`, {
        isTimeout: false,
      });
    },

    // Behind what is still to be sent in this turn.
    close: () => new Promise((resolve) => atTurnEnd(() => resolve(pool.close()))),
  };
}

function readModels(json: JsonBytes): Model[] | undefined {
  const data = parseObject(json)?.['data'];
  return Array.isArray(data) ? data.filter(isModel) : undefined;
}

function isModel(value: unknown): value is Model {
  return typeof value === 'object' && value !== null && 'id' in value && typeof value.id === 'string';
}

function toUpstreamError(error: unknown, name: string, wasSent: boolean): UpstreamError {
  const isTimeout =
    error instanceof errors.HeadersTimeoutError ||
    error instanceof errors.BodyTimeoutError ||
    error instanceof errors.ConnectTimeoutError;
  return new UpstreamError(`${name}: ${readErrorMessage(error)}`, {
    isTimeout,
    isUnsent: !wasSent,
    isReset: wasSent && isReset(error),
    cause: error,
  });
}

/** Whether the other side closed the connection. What is no HTTP is also reported by the socket. */
function isReset(error: unknown): boolean {
  if (error instanceof errors.SocketError) return !error.message.startsWith('bad ');
  const code = error instanceof Error && 'code' in error ? error.code : undefined;
  return code === 'ECONNRESET' || code === 'EPIPE';
}
