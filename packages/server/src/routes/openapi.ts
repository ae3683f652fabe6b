import type { FastifyInstance } from 'fastify';

/** The description of this API, made from the schemas that its requests are checked with. */
export function openapi(app: FastifyInstance): void {
  app.get('/openapi.json', { schema: { hide: true } }, async () => app.swagger());
}
