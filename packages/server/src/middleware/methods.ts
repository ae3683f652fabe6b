import type { FastifyInstance, HTTPMethods } from 'fastify';

import { ApiError } from '../api-error.ts';
import { readPath } from './read-path.ts';

const METHODS: readonly HTTPMethods[] = ['GET', 'HEAD', 'POST', 'PUT', 'PATCH', 'DELETE', 'OPTIONS'];

/**
 * Watches the routes that are added from now on. The returned function, called after the last of them, makes every
 * other method at their URLs answer 405.
 */
export function watchMethods(app: FastifyInstance): () => void {
  const methodsByUrl = new Map<string, HTTPMethods[]>();
  app.addHook('onRoute', ({ url, method }) => {
    methodsByUrl.set(url, [...(methodsByUrl.get(url) ?? []), ...[method].flat()]);
  });
  return () => {
    for (const [url, methods] of methodsByUrl) refuse(app, url, methods);
  };
}

function refuse(app: FastifyInstance, url: string, allowed: readonly HTTPMethods[]): void {
  const allow = allowed.join(', ');
  app.route({
    url,
    method: METHODS.filter((method) => !allowed.includes(method)),
    schema: { hide: true },
    // Before the body is read: it does not matter.
    onRequest: async (request) => {
      throw new ApiError(
        'method_not_supported',
        `Not allowed to ${request.method} on ${readPath(request)}; allowed: ${allow}.`,
        {
          headers: { allow },
        },
      );
    },
    handler: () => undefined,
  });
}
