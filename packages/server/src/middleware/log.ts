import type { FastifyInstance } from 'fastify';

import { readPath } from './read-path.ts';

/** One line for each answer, also one that its caller did not wait for: no bodies, no keys, nothing of what was said. */
export function logAnswers(app: FastifyInstance): void {
  app.addHook('onRequest', async (request, reply) => {
    const { raw } = reply;
    raw.once('close', () => {
      request.log.info(
        {
          operation: request.routeOptions.schema?.operationId,
          method: request.method,
          path: readPath(request),
          status: raw.headersSent ? raw.statusCode : undefined,
          ms: Math.round(reply.elapsedTime),
          ...(!raw.writableFinished && { unfinished: true }),
        },
        raw.writableFinished ? 'answered' : 'unanswered',
      );
    });
  });
}
