import type { FastifyInstance } from 'fastify';

import { ApiError } from '../api-error.ts';
import type { Context } from '../context.ts';
import { changeMembers, readElements, readMembers, type JsonBytes } from '../json/members.ts';
import { renderPage, type RenderedItem } from './render-page.ts';
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

/** `[` */
const OPEN_BRACKET = 0x5b;

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
    async (request, reply) => {
      const { completion_id: id } = request.params;
      const json = await storage.getRequest(request.project, id);
      if (json === undefined) throw completionNotFound(id);
      return reply.type('application/json').send(selectPage(readMessages(id, json), request.query));
    },
  );
}

function readMessages(completionId: string, request: JsonBytes): RenderedItem[] {
  // The route that created the completion has checked that they are there.
  const messages = readMembers(request, new Set(['messages'])).get('messages') ?? Buffer.from('[]');
  return readElements(messages).map((message, index) => {
    const id = `${completionId}-${index}`;
    return { id, json: renderMessage(id, message) };
  });
}

/** Every member of the message stays: without its `tool_call_id`, a tool message could not be sent again. */
function renderMessage(id: string, message: JsonBytes): JsonBytes {
  const { content = 'null', name = 'null' } = Object.fromEntries(
    readMembers(message, new Set(['content', 'name'])),
  );
  const isList = content.at(0) === OPEN_BRACKET;
  return changeMembers(message, {
    id: JSON.stringify(id),
    name,
    content: isList ? 'null' : content,
    content_parts: isList ? content : 'null',
  });
}

function selectPage(
  messages: readonly RenderedItem[],
  { after, limit, order }: MessagesQuerystring,
): JsonBytes {
  const ordered = order === 'asc' ? messages : messages.toReversed();
  const start = after === undefined ? 0 : ordered.findIndex(({ id }) => id === after) + 1;
  if (after !== undefined && start === 0) {
    throw new ApiError('completion_not_found', `No message with the id '${after}' in this completion.`, {
      param: 'after',
    });
  }
  const page = ordered.slice(start, start + Math.min(limit, MAX_PAGE));
  return renderPage(page, start + page.length < ordered.length);
}
