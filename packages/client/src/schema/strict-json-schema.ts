// JSON Schema as strict structured outputs want it.
// @see https://platform.openai.com/docs/guides/structured-outputs#supported-schemas

import { ColloquyError } from '../errors.ts';

/** A JSON Schema, by keyword. */
export type JSONSchema = Record<string, unknown>;

/** Keywords with a map of schemas, by names of any kind. */
const MAPS = new Set(['properties', '$defs', 'definitions']);
/** Keywords with one schema, or with a list of them. */
const SCHEMAS = new Set(['items', 'anyOf', 'oneOf', 'allOf']);

/**
 * Copies a schema so that a server can hold a model to it: each object takes the properties it names, and requires
 * them all. Throws `ColloquyError`, with the place, at what cannot be said so.
 */
export function toStrictSchema(schema: JSONSchema): JSONSchema {
  const strict = tighten(schema, '#');
  if (strict['type'] !== 'object' || strict['anyOf']) {
    fail('#', 'a strict schema is an object at its root; wrap this in one');
  }
  return strict;
}

function tighten(schema: JSONSchema, path: string): JSONSchema {
  const strict: JSONSchema = {};
  for (const [keyword, value] of Object.entries(schema)) {
    const at = `${path}/${keyword}`;
    if (MAPS.has(keyword)) {
      const entries = Object.entries(value as JSONSchema);
      strict[keyword] = Object.fromEntries(
        entries.map(([name, each]) => [name, descend(each, `${at}/${name}`)]),
      );
    } else if (SCHEMAS.has(keyword)) {
      // Whatever fits several of them is still checked by the validator.
      const name = keyword === 'oneOf' ? 'anyOf' : keyword;
      strict[name] = Array.isArray(value)
        ? value.map((each, index) => descend(each, `${at}/${index}`))
        : descend(value, at);
    } else {
      strict[keyword] = value;
    }
  }
  if (strict['type'] === 'object' || strict['properties']) closeObject(strict, path);
  const { allOf, ...others } = strict;
  if (!Array.isArray(allOf)) return strict;
  if (allOf.length > 1) fail(path, 'a strict schema has no intersections (allOf); write it as one object');
  return { ...allOf[0], ...others };
}

function descend(value: unknown, path: string): unknown {
  return typeof value === 'object' && value !== null ? tighten(value as JSONSchema, path) : value;
}

function closeObject(schema: JSONSchema, path: string): void {
  const { properties = {}, required = [], additionalProperties = false } = schema;
  if (additionalProperties !== false) {
    fail(
      path,
      'a strict schema names every property of an object; records and further properties have no place',
    );
  }
  for (const [name, property] of Object.entries(properties as Record<string, JSONSchema>)) {
    if (!(required as string[]).includes(name) && !isNullable(property)) {
      fail(
        `${path}/properties/${name}`,
        'a strict schema requires every property; make it nullable, not only optional',
      );
    }
  }
  Object.assign(schema, { required: Object.keys(properties as JSONSchema), additionalProperties: false });
}

function isNullable({ type, enum: values, anyOf, ...others }: JSONSchema): boolean {
  const isNull = (options: unknown, value: unknown): boolean =>
    Array.isArray(options) && options.includes(value);
  return (
    type === 'null' ||
    others['const'] === null ||
    isNull(type, 'null') ||
    isNull(values, null) ||
    (Array.isArray(anyOf) && anyOf.some(isNullable))
  );
}

function fail(path: string, reason: string): never {
  throw new ColloquyError(`The schema at ${path}: ${reason}`);
}
