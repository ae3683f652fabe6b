// What a page may read. Which page may ask at all is decided in access.ts, before this: whoever came through is allowed.

import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';

/** Browsers ask again after this long, in seconds. */
const MAX_AGE_S = '600';

const METHODS = 'GET, POST, DELETE';

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
].join(', ');

/** Lets pages read the answers, streams and errors too. The headers that they may send are those that they ask for. */
export function answerPages(app: FastifyInstance): void {
  app.addHook('onRequest', (request, reply, done) => {
    // Also for programs: a cache must not give a page what one of them got.
    reply.header('vary', 'Origin');
    letPageRead(request, reply);
    if (isPreflight(request)) answerPreflight(request, reply);
    else done();
  });
}

/** The headers of an answer to a page; nothing for a program. */
export function letPageRead({ headers: { origin } }: FastifyRequest, reply: FastifyReply): void {
  if (origin === undefined) return;
  reply.headers({
    vary: 'Origin',
    'access-control-allow-origin': origin,
    'access-control-expose-headers': EXPOSED_HEADERS,
  });
}

/** Any other OPTIONS request is answered like every method that a route does not have. */
function isPreflight({ method, headers }: FastifyRequest): boolean {
  return (
    method === 'OPTIONS' &&
    headers.origin !== undefined &&
    headers['access-control-request-method'] !== undefined
  );
}

function answerPreflight({ headers }: FastifyRequest, reply: FastifyReply): void {
  const { 'access-control-request-headers': requested } = headers;
  reply.headers({
    vary: 'Origin, Access-Control-Request-Headers',
    'access-control-allow-methods': METHODS,
    'access-control-max-age': MAX_AGE_S,
    // Without it, some browsers wait for a body.
    'content-length': '0',
  });
  if (requested !== undefined) reply.header('access-control-allow-headers', requested);
  reply.code(204).send();
}
