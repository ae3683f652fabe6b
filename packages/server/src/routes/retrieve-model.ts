import type { FastifyInstance } from 'fastify';

import type { Context } from '../context.ts';
import { modelNotFound } from '../upstream/model-not-found.ts';
import { answers, modelSchema } from './schemas.ts';

export function retrieveModel(app: FastifyInstance, { upstreams }: Context): void {
  app.get<{ Params: { '*': string } }>(
    // A wildcard: names of models hold slashes, and not every client encodes them.
    '/v1/models/*',
    {
      schema: {
        operationId: 'retrieveModel',
        summary: 'Get a model',
        tags: ['Models'],
        // For the description, which has no wildcards: app.ts names it there.
        params: { type: 'object', properties: { model: { type: 'string' } } },
        response: answers(modelSchema),
      },
    },
    async (request) => {
      const { '*': id } = request.params;
      const model = (await upstreams.models.get(request.log)).find((one) => one.id === id);
      if (model === undefined) throw modelNotFound(id);
      return model;
    },
  );
}
