import type { FastifyInstance } from 'fastify';

import { ApiError } from '../api-error.ts';
import type { Context } from '../context.ts';
import type { JsonBytes } from '../json/members.ts';
import {
  MAX_PAGE,
  answers,
  completionIdSchema,
  messageSchema,
  pageQuerySchemas,
  pageSchema,
} from './schemas.ts';
import { completionNotFound } from './stored-completion.ts';

interface MessagesQuerystring {
  after?: string;
  limit: number;
  order: 'asc' | 'desc';
}

/** A message as the request held it, with its id. */
interface StoredMessage extends Record<string, unknown> {
  readonly id: string;
}

export function getChatCompletionMessages(app: FastifyInstance, { storage }: Context): void {
  app.get<{ Params: { completion_id: string }; Querystring: MessagesQuerystring }>(
    '/v1/chat/completions/:completion_id/messages',
    {
      schema: {
        operationId: 'getChatCompletionMessages',
        summary: 'List the messages that a stored chat completion was asked with',
        tags: ['Chat'],
        params: completionIdSchema,
        querystring: { type: 'object', properties: pageQuerySchemas },
        response: answers(pageSchema(messageSchema)),
      },
    },
    async (request) => {
      const { completion_id: id } = request.params;
      const json = await storage.getRequest(request.project, id);
      if (json === undefined) throw completionNotFound(id);
      return selectPage(readMessages(id, json), request.query);
    },
  );
}

function readMessages(completionId: string, json: JsonBytes): StoredMessage[] {
  // The route that created the completion has checked it.
  const { messages } = JSON.parse(Buffer.from(json).toString()) as { messages: Record<string, unknown>[] };
  return messages.map((message, index) => toStoredMessage(`${completionId}-${index}`, message));
}

/** Every member of the message stays: without its `tool_call_id`, a tool message could not be sent again. */
function toStoredMessage(id: string, message: Record<string, unknown>): StoredMessage {
  const { content = null, name = null } = message;
  const parts = Array.isArray(content) ? content : null;
  return { ...message, id, name, content: parts === null ? content : null, content_parts: parts };
}

function selectPage(messages: readonly StoredMessage[], { after, limit, order }: MessagesQuerystring) {
  const ordered = order === 'asc' ? messages : messages.toReversed();
  const start = after === undefined ? 0 : ordered.findIndex(({ id }) => id === after) + 1;
  if (after !== undefined && start === 0) {
    throw new ApiError('completion_not_found', `No message with the id '${after}' in this completion.`, {
      param: 'after',
    });
  }
  const data = ordered.slice(start, start + Math.min(limit, MAX_PAGE));
  return {
    object: 'list',
    data,
    first_id: data.at(0)?.id ?? null,
    last_id: data.at(-1)?.id ?? null,
    has_more: start + data.length < ordered.length,
  };
}
