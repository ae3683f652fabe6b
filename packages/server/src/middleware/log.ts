import type { FastifyInstance } from 'fastify';

import { readPath } from './read-path.ts';

/** One line for each answer: no bodies, no keys, nothing of what was said. */
export function logAnswers(app: FastifyInstance): void {
  app.addHook('onResponse', async (request, reply) => {
    request.log.info(
      {
        operation: request.routeOptions.schema?.operationId,
        method: request.method,
        path: readPath(request),
        status: reply.raw.statusCode,
        ms: Math.round(reply.elapsedTime),
        // The caller left before the end.
        ...(!reply.raw.writableFinished && { unfinished: true }),
      },
      'answered',
    );
  });
}
