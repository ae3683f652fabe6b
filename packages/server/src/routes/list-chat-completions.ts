import type { Metadata } from '@colloquy/client/contract';
import type { FastifyInstance } from 'fastify';

import { ApiError } from '../api-error.ts';
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
  q?: string;
  created_after?: number;
  created_before?: number;
  after?: string;
  limit: number;
  order: 'asc' | 'desc';
}

const WORD = /[\p{L}\p{N}]/u;

const secondsSchema = { type: 'integer', minimum: 0 } as const;

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
    q: {
      type: 'string',
      maxLength: 1000,
      description: 'Words that must all occur in the conversation, and "phrases". Not in the API of OpenAI.',
    },
    created_after: {
      ...secondsSchema,
      description: 'Made at this time or later, in seconds since 1970. Not in the API of OpenAI.',
    },
    created_before: {
      ...secondsSchema,
      description: 'Made before this time, in seconds since 1970. Not in the API of OpenAI.',
    },
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
      const { status, model, metadata, q, created_after, created_before, after, limit, order } =
        request.query;
      if (q !== undefined && !WORD.test(q)) {
        throw new ApiError('invalid_value', "Invalid 'q': it must hold a word to search for.", {
          param: 'q',
        });
      }
      // An id carries its place, so that a deleted one still serves; what is no id of ours has none.
      if (after !== undefined && !isCompletionId(after)) throw completionNotFound(after, 'after');
      const page = await storage.list(request.project, {
        status,
        model,
        metadata,
        q,
        createdAfterMs: toMs(created_after),
        createdBeforeMs: toMs(created_before),
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

function toMs(seconds: number | undefined): number | undefined {
  return seconds === undefined ? undefined : seconds * 1000;
}
