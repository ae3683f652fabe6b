import type { ChatCompletionDeleted } from '@colloquy/client/contract';
import type { FastifyInstance } from 'fastify';

import type { Context } from '../context.ts';
import { answers, completionIdSchema, deletedSchema } from './schemas.ts';
import { completionNotFound } from './stored-completion.ts';

export function deleteChatCompletion(app: FastifyInstance, { storage }: Context): void {
  app.delete<{ Params: { completion_id: string } }>(
    '/v1/chat/completions/:completion_id',
    {
      schema: {
        operationId: 'deleteChatCompletion',
        summary: 'Delete a stored chat completion',
        tags: ['Chat'],
        params: completionIdSchema,
        response: answers(deletedSchema),
      },
    },
    async (request): Promise<ChatCompletionDeleted> => {
      const { completion_id: id } = request.params;
      const wasThere = await storage.delete(request.project, id);
      if (!wasThere) throw completionNotFound(id);
      return { object: 'chat.completion.deleted', id, deleted: true };
    },
  );
}
