import type { Metadata } from '@colloquy/client/contract';
import type { FastifyInstance } from 'fastify';

import { isCompletionId } from '../completion-id.ts';
import type { Context } from '../context.ts';
import type { CompletionStatus } from '../storage/storage.ts';
import { renderPage } from './render-page.ts';
import {
  MAX_PAGE,
  answers,
  metadataSchema,
  pageQuerySchemas,
  pageSchema,
  storedCompletionSchema,
} from './schemas.ts';
import { completionNotFound, renderStoredCompletion } from './stored-completion.ts';

interface ListQuerystring {
  status: CompletionStatus;
  model?: string;
  metadata?: Metadata;
  after?: string;
  limit: number;
  order: 'asc' | 'desc';
}

const querySchema = {
  type: 'object',
  properties: {
    model: { type: 'string', description: 'The model that was asked for, or the one that answered.' },
    metadata: {
      ...metadataSchema,
      type: 'object',
      description: '`metadata[key]=value`; of several pairs, all must match.',
    },
    ...pageQuerySchemas,
    status: {
      type: 'string',
      enum: ['completed', 'interrupted', 'failed'],
      default: 'completed',
      description: 'How the completion ended. Not in the API of OpenAI.',
    },
  },
} as const;

export function listChatCompletions(app: FastifyInstance, { storage }: Context): void {
  app.get<{ Querystring: ListQuerystring }>(
    '/v1/chat/completions',
    {
      schema: {
        operationId: 'listChatCompletions',
        summary: 'List stored chat completions',
        tags: ['Chat'],
        querystring: querySchema,
        response: answers(pageSchema(storedCompletionSchema)),
      },
    },
    async (request, reply) => {
      const { status, model, metadata, after, limit, order } = request.query;
      // An id carries its place, so that a deleted one still serves; what is no id of ours has none.
      if (after !== undefined && !isCompletionId(after)) throw completionNotFound(after, 'after');
      const page = await storage.list(request.project, {
        status,
        model,
        metadata,
        after,
        order,
        limit: Math.min(limit, MAX_PAGE),
      });
      const items = page.completions.map((completion) => ({
        id: completion.id,
        json: renderStoredCompletion(completion),
      }));
      return reply.type('application/json').send(renderPage(items, page.hasMore));
    },
  );
}
