// What a page may read. Which page may ask at all is decided in access.ts, before this: whoever came through is allowed.

import cors, { type FastifyCorsOptions, type FastifyCorsOptionsDelegate } from '@fastify/cors';
import type { FastifyInstance, FastifyReply, FastifyRequest, onRequestHookHandler } from 'fastify';

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

const RULES: FastifyCorsOptions = {
  origin: true,
  methods: ['GET', 'POST', 'DELETE'],
  exposedHeaders: EXPOSED_HEADERS,
  maxAge: MAX_AGE_S,
};
/** Any other OPTIONS request is answered like every method that a route does not have. */
const NO_PREFLIGHT: FastifyCorsOptions = { ...RULES, preflight: false };

/** Lets pages read the answers, streams and errors too. The headers that they may send are those that they ask for. */
export async function answerPages(app: FastifyInstance): Promise<void> {
  const delegator: FastifyCorsOptionsDelegate = (request, callback) =>
    callback(null, isPreflight(request) ? RULES : NO_PREFLIGHT);
  await new Promise<void>((resolve, reject) => {
    cors(forPages(app), { delegator }, (error) => (error === undefined ? resolve() : reject(error)));
  });
}

/**
 * The app, with hooks for requests of pages only: the plugin takes a good part of the time of a relayed request, also of
 * one that no page has sent. That the answer to a page would be another one, it says in any case.
 */
function forPages(app: FastifyInstance): FastifyInstance {
  const addHook = (name: 'onRequest', hook: onRequestHookHandler): FastifyInstance =>
    app.addHook(name, function (request, reply, done) {
      if (request.headers.origin !== undefined) return hook.call(this, request, reply, done);
      reply.header('vary', 'Origin');
      done();
    });
  return Object.create(app, { addHook: { value: addHook } }) as FastifyInstance;
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

function isPreflight({ headers }: FastifyRequest): boolean {
  return headers.origin !== undefined && headers['access-control-request-method'] !== undefined;
}
