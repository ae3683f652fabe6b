// Query strings: `metadata[key]=value` becomes a map, numbers become numbers, and no name may come twice.

import type { FastifyInstance } from 'fastify';

import { ApiError } from '../api-error.ts';

/** What is a number becomes one here: bodies and queries then need only one, strict, validator. */
const NUMBERS: ReadonlySet<string> = new Set(['limit', 'created_after', 'created_before']);

/** Values of a name that came twice are a list, for the check to find. */
type Values = Record<string, unknown>;

/** Without a prototype: the names come from outside. */
export function parseQuery(text: string): Values {
  const query: Values = Object.create(null);
  if (text === '') return query;
  for (const [name, value] of new URLSearchParams(text)) {
    const bracket = name.indexOf('[');
    const map = bracket > 0 && name.endsWith(']') ? name.slice(0, bracket) : undefined;
    if (map !== undefined) query[map] ??= Object.create(null);
    const values = map === undefined ? query : query[map];
    if (map !== undefined && isMap(values)) add(values, name.slice(bracket + 1, -1), value);
    else add(query, map ?? name, NUMBERS.has(name) && /^-?\d+$/.test(value) ? Number(value) : value);
  }
  // What SDKs send for `metadata: null`.
  if (query['metadata'] === '') delete query['metadata'];
  return query;
}

function add(values: Values, name: string, value: unknown): void {
  const before = values[name];
  values[name] = before === undefined ? value : [before, value].flat();
}

export function refuseRepeatedParameters(app: FastifyInstance): void {
  app.addHook('preValidation', ({ query }, _reply, done) => {
    const repeated = findRepeated(query as Values);
    if (repeated === undefined) {
      done();
      return;
    }
    throw new ApiError('duplicate_parameter', `The query parameter '${repeated}' was given more than once.`, {
      param: repeated,
    });
  });
}

function findRepeated(values: Values): string | undefined {
  for (const [name, value] of Object.entries(values)) {
    if (Array.isArray(value)) return name;
    const inner = isMap(value) ? findRepeated(value) : undefined;
    if (inner !== undefined) return `${name}[${inner}]`;
  }
  return undefined;
}

function isMap(value: unknown): value is Values {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
