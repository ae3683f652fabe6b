// The shapes that several operations share. They check what we own and describe the rest, in /openapi.json too.

import { METADATA_LIMITS } from '@colloquy/client/contract';

export const metadataSchema = {
  type: ['object', 'null'],
  description: 'Labels of a stored completion: up to 16 pairs of text.',
  maxProperties: METADATA_LIMITS.pairs,
  // As in bodies, where a member named __proto__ is refused everywhere.
  propertyNames: { type: 'string', maxLength: METADATA_LIMITS.keyLength, pattern: '^(?!__proto__$)' },
  additionalProperties: { type: 'string', maxLength: METADATA_LIMITS.valueLength },
} as const;

export const completionIdSchema = {
  type: 'object',
  required: ['completion_id'],
  properties: { completion_id: { type: 'string', description: 'The id of a stored completion.' } },
} as const;

const orderSchema = {
  type: 'string',
  enum: ['asc', 'desc'],
  default: 'asc',
  description: 'Oldest or newest first.',
} as const;

const limitSchema = {
  type: 'integer',
  minimum: 1,
  default: 20,
  description: 'How many at the most; above 100, 100.',
} as const;

/** The query members of every list with a cursor. */
export const pageQuerySchemas = {
  after: { type: 'string', description: 'The id of the last item of the page before.' },
  limit: limitSchema,
  order: orderSchema,
} as const;

/** The largest page. More is cut to it rather than refused: scripts ask for 1000. */
export const MAX_PAGE = 100;

const errorSchema = {
  type: 'object',
  required: ['error'],
  properties: {
    error: {
      type: 'object',
      required: ['message', 'type', 'param', 'code'],
      properties: {
        message: { type: 'string' },
        type: { type: 'string' },
        param: { type: ['string', 'null'] },
        code: { type: ['string', 'null'] },
      },
    },
  },
} as const;

const choiceSchema = {
  type: 'object',
  required: ['index', 'message', 'logprobs', 'finish_reason'],
  properties: {
    index: { type: 'integer' },
    finish_reason: { type: ['string', 'null'] },
    logprobs: { type: ['object', 'null'] },
    message: {
      type: 'object',
      required: ['role', 'content', 'refusal'],
      properties: {
        role: { type: 'string' },
        content: { type: ['string', 'null'] },
        refusal: { type: ['string', 'null'] },
      },
    },
  },
} as const;

export const completionSchema = {
  type: 'object',
  description: 'A chat completion; members that are not listed here come from the upstream as they are.',
  required: ['id', 'object', 'created', 'model', 'choices'],
  properties: {
    id: { type: 'string' },
    object: { type: 'string', const: 'chat.completion' },
    created: { type: 'integer', description: 'Seconds since 1970.' },
    model: { type: 'string' },
    choices: { type: 'array', items: choiceSchema },
    usage: { type: ['object', 'null'] },
  },
} as const;

export const storedCompletionSchema = {
  ...completionSchema,
  description: 'A stored completion: what the caller saw, its metadata, and parameters of the request.',
  required: [...completionSchema.required, 'metadata', 'request_id'],
  properties: {
    ...completionSchema.properties,
    metadata: { ...metadataSchema, type: 'object' },
    request_id: { type: 'string' },
    status: { type: 'string', enum: ['interrupted', 'failed'], description: 'Absent: completed.' },
  },
} as const;

export const deletedSchema = {
  type: 'object',
  required: ['object', 'id', 'deleted'],
  properties: {
    object: { type: 'string', const: 'chat.completion.deleted' },
    id: { type: 'string' },
    deleted: { type: 'boolean', const: true },
  },
} as const;

export const messageSchema = {
  type: 'object',
  description: 'A message of the request, with an id.',
  required: ['id', 'role', 'content', 'content_parts'],
  properties: {
    id: { type: 'string' },
    role: { type: 'string' },
    content: { type: ['string', 'null'] },
    content_parts: { type: ['array', 'null'], items: { type: 'object' } },
  },
} as const;

export const modelSchema = {
  type: 'object',
  required: ['id', 'object', 'created', 'owned_by'],
  properties: {
    id: { type: 'string' },
    object: { type: 'string', const: 'model' },
    created: { type: 'integer' },
    owned_by: { type: 'string' },
  },
} as const;

export function pageSchema<Item extends object>(items: Item) {
  return {
    type: 'object',
    required: ['object', 'data', 'first_id', 'last_id', 'has_more'],
    properties: {
      object: { type: 'string', const: 'list' },
      data: { type: 'array', items },
      first_id: { type: ['string', 'null'] },
      last_id: { type: ['string', 'null'] },
      has_more: { type: 'boolean' },
    },
  } as const;
}

/** The answers of an operation: its 200, and the wire's one shape for everything else. */
export function answers<Schema extends object>(ok: Schema) {
  return { 200: { description: 'OK', ...ok }, default: { description: 'Refused or failed', ...errorSchema } };
}
