import type { Metadata } from '@colloquy/client/contract';
import type { FastifyInstance } from 'fastify';

import { ApiError } from '../api-error.ts';
import type { Context } from '../context.ts';
import { entityTag, entityTagHeaders, ifMatchSchema, readIfMatch } from './entity-tag.ts';
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
        headers: ifMatchSchema,
        response: answers({ ...storedCompletionSchema, headers: entityTagHeaders }),
      },
    },
    async (request, reply) => {
      const { completion_id: id } = request.params;
      const versions = readIfMatch(request.headers['if-match']);
      const metadata = request.body.metadata ?? {};
      const completion = await storage.updateMetadata(request.project, id, metadata, versions);
      if (completion === undefined) throw completionNotFound(id);
      if (completion === 'changed') {
        throw new ApiError(
          'metadata_changed',
          `The metadata of '${id}' is not what 'If-Match' says any more: get it again, and send its new ETag.`,
          { param: 'If-Match' },
        );
      }
      return reply
        .type('application/json')
        .header('etag', entityTag(completion))
        .send(renderStoredCompletion(completion));
    },
  );
}
