import type { FastifyInstance } from 'fastify';

import type { Context } from '../context.ts';
import type { OwnedMembers } from '../gateway/plan.ts';
import { openCaller } from './open-caller.ts';
import { answers, completionSchema, metadataSchema } from './schemas.ts';

/** What we own is checked; every other member goes to the upstream as it is, also those of tomorrow. */
const bodySchema = {
  type: 'object',
  required: ['model', 'messages'],
  properties: {
    model: { type: 'string', minLength: 1, description: 'A model that one of the upstreams serves.' },
    messages: {
      type: 'array',
      minItems: 1,
      items: {
        type: 'object',
        required: ['role'],
        properties: {
          role: { type: 'string', minLength: 1 },
          content: { type: ['string', 'array', 'null'] },
        },
      },
    },
    stream: { type: ['boolean', 'null'], description: 'Answer with server-sent events.' },
    stream_options: {
      type: ['object', 'null'],
      properties: { include_usage: { type: ['boolean', 'null'] } },
    },
    store: { type: ['boolean', 'null'], description: 'Keep the completion for the stored operations.' },
    metadata: metadataSchema,
  },
} as const;

const headersSchema = {
  type: 'object',
  properties: {
    'idempotency-key': {
      type: 'string',
      minLength: 1,
      maxLength: 255,
      description: 'Names this request: whatever is kept of it answers those that repeat it within a day.',
    },
  },
} as const;

export function createChatCompletion(app: FastifyInstance, { gateway }: Context): void {
  app.post<{ Body: OwnedMembers }>(
    '/v1/chat/completions',
    {
      schema: {
        operationId: 'createChatCompletion',
        summary: 'Create a chat completion, plain or streaming',
        tags: ['Chat'],
        headers: headersSchema,
        body: bodySchema,
        response: {
          ...answers(completionSchema),
          200: {
            description: 'The completion, or its chunks as events if `stream` is true',
            content: {
              'application/json': { schema: completionSchema },
              'text/event-stream': { schema: { type: 'string' } },
            },
          },
        },
      },
    },
    (request, reply) => {
      const { project, id: requestId, json, body: owned, headers, log } = request;
      return gateway.createChatCompletion(
        { project, requestId, json, owned, headers, log },
        openCaller(reply),
      );
    },
  );
}
