import type { FastifyInstance } from 'fastify';

import type { Context } from '../context.ts';
import { entityTag, entityTagHeaders } from './entity-tag.ts';
import { answers, completionIdSchema, storedCompletionSchema } from './schemas.ts';
import { completionNotFound, renderStoredCompletion } from './stored-completion.ts';

export function getChatCompletion(app: FastifyInstance, { storage }: Context): void {
  app.get<{ Params: { completion_id: string } }>(
    '/v1/chat/completions/:completion_id',
    {
      schema: {
        operationId: 'getChatCompletion',
        summary: 'Get a stored chat completion',
        tags: ['Chat'],
        params: completionIdSchema,
        response: answers({ ...storedCompletionSchema, headers: entityTagHeaders }),
      },
    },
    async (request, reply) => {
      const { completion_id: id } = request.params;
      const completion = await storage.get(request.project, id);
      if (completion === undefined) throw completionNotFound(id);
      return reply
        .type('application/json')
        .header('etag', entityTag(completion))
        .send(renderStoredCompletion(completion));
    },
  );
}
