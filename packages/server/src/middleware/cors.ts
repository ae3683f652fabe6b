// What a page may read. Which page may ask at all is decided in access.ts, before this: whoever came through is allowed.

import cors from '@fastify/cors';
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';

/** Browsers ask again after this long, in seconds. */
const MAX_AGE_S = 600;

/** Headers that callers act on: a page sees none that is not named. */
const EXPOSED_HEADERS = [
  'x-request-id',
  'etag',
  'x-colloquy-upstream',
  'x-colloquy-attempts',
  'idempotent-replayed',
  'x-colloquy-replay',
  'retry-after',
  'retry-after-ms',
  'x-should-retry',
  'openai-processing-ms',
  ...['limit', 'remaining', 'reset'].flatMap((what) => [
    `x-ratelimit-${what}-requests`,
    `x-ratelimit-${what}-tokens`,
  ]),
];

/** Lets pages read the answers, streams and errors too. The headers that they may send are those that they ask for. */
export async function answerPages(app: FastifyInstance): Promise<void> {
  await app.register(cors, {
    delegator: (request, callback) => {
      callback(null, {
        origin: request.headers.origin !== undefined,
        methods: ['GET', 'POST', 'DELETE'],
        exposedHeaders: EXPOSED_HEADERS,
        maxAge: MAX_AGE_S,
        preflight: isPreflight(request),
      });
    },
  });
}

/** For an answer that is sent before the hooks. */
export function letPageRead({ headers: { origin } }: FastifyRequest, reply: FastifyReply): void {
  if (origin === undefined) return;
  reply.headers({
    vary: 'Origin',
    'access-control-allow-origin': origin,
    'access-control-expose-headers': EXPOSED_HEADERS.join(', '),
  });
}

/** Any other OPTIONS request is answered like every method that a route does not have. */
function isPreflight({ headers }: FastifyRequest): boolean {
  return headers.origin !== undefined && headers['access-control-request-method'] !== undefined;
}
