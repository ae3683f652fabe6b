import type { ERROR_KINDS } from '@colloquy/client/contract';
import type { FastifySchemaValidationError } from 'fastify/types/schema.js';

import { ApiError } from '../api-error.ts';

type Kind = keyof typeof ERROR_KINDS;

/** The breaches that the API has a code for; all others are an `invalid_value`. */
const KIND_BY_KEYWORD: Readonly<Record<string, Kind>> = {
  additionalProperties: 'unknown_parameter',
  maxLength: 'string_above_max_length',
  minimum: 'integer_below_min_value',
  required: 'missing_required_parameter',
};

/** Turns what the validator found first into a refusal that names the parameter and the remedy. */
export function describeInvalid(
  found: readonly FastifySchemaValidationError[],
  context: string | undefined,
): ApiError {
  const [first] = found;
  if (first === undefined) return new ApiError('invalid_value', 'The request is invalid.');
  const { keyword, params, message = 'is invalid' } = first;
  const kind = KIND_BY_KEYWORD[keyword] ?? 'invalid_value';
  // The validator stands at the object that lacks a member, or has one too many.
  const inner = params['missingProperty'] ?? params['additionalProperty'];
  const param = toParam(typeof inner === 'string' ? `${first.instancePath}/${inner}` : first.instancePath);
  if (param === '') return new ApiError(kind, `The ${context ?? 'request'} must be a JSON object.`);
  const subject = first.schemaPath.includes('/propertyNames/') ? `key in '${param}'` : `'${param}'`;
  return new ApiError(kind, describe(kind, subject, message, params), { param });
}

function describe(kind: Kind, subject: string, message: string, params: Record<string, unknown>): string {
  if (kind === 'missing_required_parameter') return `Missing required parameter: ${subject}.`;
  if (kind === 'unknown_parameter') return `Unknown parameter: ${subject}.`;
  const { allowedValues, type, limit, pattern } = params;
  if (Array.isArray(allowedValues))
    return `Invalid ${subject}: it must be one of ${allowedValues.join(', ')}.`;
  if (Array.isArray(type)) return `Invalid ${subject}: it must be ${type.join(' or ')}.`;
  if (pattern !== undefined) return `Invalid ${subject}: '__proto__' cannot be used.`;
  if (limit === 1 && message.includes('fewer')) return `Invalid ${subject}: it must not be empty.`;
  return `Invalid ${subject}: it ${message.replace('NOT', 'not')}.`;
}

/** `/messages/0/role` → `messages[0].role` */
function toParam(instancePath: string): string {
  return instancePath
    .split('/')
    .slice(1)
    .map((step) => step.replaceAll('~1', '/').replaceAll('~0', '~'))
    .reduce(
      (path, step) => (/^\d+$/.test(step) ? `${path}[${step}]` : path === '' ? step : `${path}.${step}`),
      '',
    );
}
