import type { FastifyInstance } from 'fastify';

import type { Context } from '../context.ts';
import { answers, modelSchema } from './schemas.ts';

export function listModels(app: FastifyInstance, { upstreams }: Context): void {
  app.get(
    '/v1/models',
    {
      schema: {
        operationId: 'listModels',
        summary: 'List the models that the upstreams offer',
        tags: ['Models'],
        response: answers({
          type: 'object',
          required: ['object', 'data'],
          properties: {
            object: { type: 'string', const: 'list' },
            data: { type: 'array', items: modelSchema },
          },
        }),
      },
    },
    async (request) => ({ object: 'list', data: await upstreams.models.get(request.log) }),
  );
}
