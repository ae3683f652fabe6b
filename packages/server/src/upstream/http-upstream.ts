// An OpenAI-compatible server, reached over HTTP.

import type { Model } from '@colloquy/client/contract';
import { Agent, errors, type Dispatcher } from 'undici';

import { readErrorMessage } from '../error-message.ts';
import type { JsonBytes } from '../json/members.ts';
import { parseObject } from '../json/parse-object.ts';
import { decodeBody } from './decode-body.ts';
import { readWhole } from './read-whole.ts';
import { UpstreamError } from './upstream-error.ts';
import type { Upstream, UpstreamAnswer, UpstreamCall } from './upstream.ts';

export interface HttpUpstreamOptions {
  readonly name: string;
  /** Where the API begins, as SDKs take it: `https://api.openai.com/v1`. */
  readonly baseURL: string;
  /** Sent as a bearer token; without one, no `authorization` header is sent. */
  readonly apiKey: string | undefined;
}

/** As long as the SDKs wait: reasoning models think for minutes before their first byte. */
const ANSWER_TIMEOUT_MS = 600_000;
/** The longest lists, of routers with hundreds of models, have about 1 MB. */
const MAX_LIST_BYTES = 16_777_216;

export function createHttpUpstream({ name, baseURL, apiKey }: HttpUpstreamOptions): Upstream {
  const agent = new Agent({ headersTimeout: ANSWER_TIMEOUT_MS, bodyTimeout: ANSWER_TIMEOUT_MS });
  const ownHeaders = {
    'accept-encoding': 'identity',
    ...(apiKey !== undefined && { authorization: `Bearer ${apiKey}` }),
  };

  async function send(
    path: string,
    init: Partial<Dispatcher.RequestOptions>,
  ): Promise<Dispatcher.ResponseData> {
    const url = new URL(`${baseURL.replace(/\/+$/, '')}${path}`);
    try {
      return await agent.request({
        ...init,
        origin: url.origin,
        path: `${url.pathname}${url.search}`,
        method: init.method ?? 'GET',
        headers: { ...(init.headers as Record<string, string>), ...ownHeaders },
      });
    } catch (error) {
      throw toUpstreamError(error, name, init.signal as AbortSignal);
    }
  }

  return {
    name,

    async createChatCompletion({ body, headers, signal }: UpstreamCall): Promise<UpstreamAnswer> {
      const answer = await send('/chat/completions', { method: 'POST', headers, body, signal });
      return readAnswer(answer, name, signal);
    },

    async listModels(signal: AbortSignal): Promise<Model[]> {
      const answer = await send('/models', { headers: { accept: 'application/json' }, signal });
      const body = await readWhole(readBody(answer.body, name, signal), MAX_LIST_BYTES);
      const models = answer.statusCode === 200 ? readModels(body) : undefined;
      if (models !== undefined) return models;
      // Not the text: servers that refuse a key may repeat it.
      throw new UpstreamError(`${name}: GET /models answered ${answer.statusCode}, and no list`, {
        isTimeout: false,
      });
    },

    close: () => agent.close(),
  };
}

function readAnswer(answer: Dispatcher.ResponseData, name: string, signal: AbortSignal): UpstreamAnswer {
  const { 'content-encoding': encoding, 'content-length': _length, ...headers } = answer.headers;
  // Compression is not asked for; a server that compresses all the same is understood.
  const decoded = decodeBody(answer.body, encoding);
  return {
    status: answer.statusCode,
    headers: decoded === undefined ? answer.headers : headers,
    body: readBody(decoded ?? answer.body, name, signal),
  };
}

async function* readBody(
  body: AsyncIterable<Uint8Array>,
  name: string,
  signal: AbortSignal,
): AsyncGenerator<Uint8Array> {
  try {
    yield* body;
  } catch (error) {
    throw toUpstreamError(error, name, signal);
  }
}

function readModels(json: JsonBytes): Model[] | undefined {
  const data = parseObject(json)?.['data'];
  return Array.isArray(data) ? data.filter(isModel) : undefined;
}

function isModel(value: unknown): value is Model {
  return typeof value === 'object' && value !== null && 'id' in value && typeof value.id === 'string';
}

function toUpstreamError(error: unknown, name: string, signal: AbortSignal): unknown {
  // Ended by us, not by the upstream.
  if (signal.aborted) return signal.reason;
  const isTimeout =
    error instanceof errors.HeadersTimeoutError ||
    error instanceof errors.BodyTimeoutError ||
    error instanceof errors.ConnectTimeoutError;
  return new UpstreamError(`${name}: ${readErrorMessage(error)}`, { isTimeout, cause: error });
}
