import type { FastifyInstance } from 'fastify';

import type { Context } from '../context.ts';

/** For load balancers: 200 while requests are served, and whether completions can be kept. */
export function health(app: FastifyInstance, { storage }: Context): void {
  app.get('/healthz', { schema: { hide: true } }, async () => ({
    status: 'ok',
    store: storage.available ? 'ok' : 'unavailable',
  }));
}
