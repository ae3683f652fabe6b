import type { Metadata } from '@colloquy/client/contract';
import type { FastifyInstance } from 'fastify';

import type { Context } from '../context.ts';
import { answers, completionIdSchema, metadataSchema, storedCompletionSchema } from './schemas.ts';
import { completionNotFound, renderStoredCompletion } from './stored-completion.ts';

/** Nothing else can change: a member that would be ignored is refused instead. */
const bodySchema = {
  type: 'object',
  required: ['metadata'],
  additionalProperties: false,
  properties: { metadata: { ...metadataSchema, description: 'Replaces all pairs; null clears them.' } },
} as const;

export function updateChatCompletion(app: FastifyInstance, { storage }: Context): void {
  app.post<{ Params: { completion_id: string }; Body: { metadata: Metadata | null } }>(
    '/v1/chat/completions/:completion_id',
    {
      schema: {
        operationId: 'updateChatCompletion',
        summary: 'Replace the metadata of a stored chat completion',
        tags: ['Chat'],
        params: completionIdSchema,
        body: bodySchema,
        response: answers(storedCompletionSchema),
      },
    },
    async (request, reply) => {
      const { completion_id: id } = request.params;
      const completion = await storage.updateMetadata(request.project, id, request.body.metadata ?? {});
      if (completion === undefined) throw completionNotFound(id);
      return reply.type('application/json').send(renderStoredCompletion(completion));
    },
  );
}
