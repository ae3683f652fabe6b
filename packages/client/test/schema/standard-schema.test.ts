import assert from 'node:assert/strict';
import { describe, it } from 'node:test';

import { type } from 'arktype';
import * as theirs from 'openai/helpers/standard-schema';
import * as v from 'valibot';
import { z } from 'zod';

import { ColloquyError } from '../../src/errors.ts';
import {
  standardFunction,
  standardResponseFormat,
  type StandardSchema,
} from '../../src/schema/standard-schema.ts';

const PLACE = { type: 'object', properties: { city: { type: 'string' } }, required: ['city'] };
const STRICT_PLACE = { ...PLACE, additionalProperties: false };

const Node = z.object({
  value: z.string(),
  get next() {
    return Node.nullable();
  },
});

const SAME: Record<string, StandardSchema> = {
  'an object of Zod': z.object({
    a: z.string(),
    b: z.number().nullable(),
    c: z.array(z.object({ d: z.enum(['x']) })),
  }),
  'an object of ArkType': type({ a: 'string', b: 'number|null', 'c?': 'string|null', d: "('x'|'y')[]" }),
  'a property that may be left out or null': z.object({ a: z.string().nullish() }),
  'alternatives told apart by a property': z.object({
    kind: z.discriminatedUnion('t', [
      z.object({ t: z.literal('a') }),
      z.object({ t: z.literal('b'), n: z.number() }),
    ]),
  }),
  'a schema within itself': Node,
  'an empty object': z.object({}),
  'a description': z.object({ a: z.string().describe('words') }),
};

describe('a schema that says what it is', () => {
  for (const [name, schema] of Object.entries(SAME)) {
    it(`becomes the same format and tool as with openai: ${name}`, () => {
      const ours = [standardResponseFormat(schema, 'x'), standardFunction({ name: 'f', parameters: schema })];
      const all = [
        theirs.standardResponseFormat(schema as never, 'x'),
        theirs.standardFunction({ name: 'f', parameters: schema as never }),
      ];
      assert.deepEqual(toJSON(ours), toJSON(all));
    });
  }

  it('becomes a strict format', () => {
    const schema = type({ city: 'string' });
    const { json_schema } = standardResponseFormat(schema, 'place', { description: 'Where?' });
    assert.equal(json_schema.name, 'place');
    assert.equal(json_schema.description, 'Where?');
    assert.equal(json_schema.strict, true);
    const { $schema: _dialect, ...rest } = json_schema.schema ?? {};
    assert.deepEqual(rest, STRICT_PLACE);
  });

  it('becomes a strict tool', () => {
    const tool = standardFunction({
      name: 'f',
      description: 'Finds.',
      parameters: z.object({ city: z.string() }),
    });
    assert.deepEqual(
      [tool.function.name, tool.function.description, tool.function.strict],
      ['f', 'Finds.', true],
    );
  });

  it('is not changed', () => {
    const schema = { type: 'object', properties: { a: { type: 'object', properties: {} } }, required: ['a'] };
    const before = structuredClone(schema);
    standardResponseFormat(v.object({}), 'x', { schema });
    assert.deepEqual(schema, before);
  });

  it('leaves alone what only looks like a schema', () => {
    const words = { enum: [{ type: 'object', properties: {} }], default: { anyOf: [] } };
    const schema = { type: 'object', properties: { properties: words }, required: ['properties'] };
    const { json_schema } = standardResponseFormat(v.object({}), 'x', { schema });
    assert.deepEqual(json_schema.schema, { ...schema, additionalProperties: false });
  });
});

describe('a schema that does not say what it is', () => {
  it('is refused if it is none', () => {
    for (const none of [undefined, {}, { type: 'object' }]) {
      assert.throws(() => standardResponseFormat(none as never, 'x', { schema: PLACE }), {
        name: 'ColloquyError',
        message: /follows Standard Schema/,
      });
    }
  });

  const Place = v.object({ city: v.string() });

  it('needs a JSON Schema', () => {
    assert.throws(() => standardResponseFormat(Place, 'place'), {
      name: 'ColloquyError',
      message: 'This schema of valibot has no JSON Schema of its own; give it as "schema"',
    });
    assert.throws(() => standardFunction({ name: 'f', parameters: Place }), ColloquyError);
  });

  it('takes the JSON Schema that is given, made strict', () => {
    const format = standardResponseFormat(Place, 'place', { schema: PLACE });
    const tool = standardFunction({ name: 'f', parameters: Place, schema: PLACE });
    assert.deepEqual(format.json_schema.schema, STRICT_PLACE);
    assert.deepEqual(tool.function.parameters, STRICT_PLACE);
    assert.deepEqual(format.$parseRaw('{"city":"Rome"}'), { city: 'Rome' });
  });
});

describe('what cannot be strict', () => {
  const refused: Record<string, [StandardSchema, RegExp]> = {
    'a property that may only be left out': [
      z.object({ a: z.object({ b: z.string().optional() }) }),
      /^The schema at #\/properties\/a\/properties\/b: .*nullable/,
    ],
    'a property with a default': [z.object({ a: z.string().default('x') }), /#\/properties\/a: .*nullable/],
    'a record': [
      z.object({ r: z.record(z.string(), z.number()) }),
      /^The schema at #\/properties\/r: .*every property/,
    ],
    'a loose object': [
      z.object({ r: z.array(z.looseObject({})) }),
      /#\/properties\/r\/items: .*every property/,
    ],
    'something else than an object': [z.string(), /^The schema at #: .*object at its root/],
    'alternatives at the root': [z.union([z.object({ a: z.string() }), z.object({})]), /object at its root/],
  };
  for (const [name, [schema, message]] of Object.entries(refused)) {
    it(`is refused, with its place: ${name}`, () => {
      assert.throws(() => standardResponseFormat(schema, 'x'), { name: 'ColloquyError', message });
      assert.throws(() => standardFunction({ name: 'f', parameters: schema }), {
        name: 'ColloquyError',
        message,
      });
    });
  }

  it('is refused, with its place: an intersection', () => {
    const both = {
      allOf: [
        { type: 'object', properties: {} },
        { type: 'object', properties: {} },
      ],
    };
    const schema = { type: 'object', properties: { a: both }, required: ['a'] };
    assert.throws(() => standardResponseFormat(v.object({}), 'x', { schema }), /#\/properties\/a: .*allOf/);
    const one = { type: 'object', properties: { a: { allOf: [PLACE], title: 'A' } }, required: ['a'] };
    const { json_schema } = standardResponseFormat(v.object({}), 'x', { schema: one });
    const { properties } = json_schema.schema as { properties: object };
    assert.deepEqual(properties, { a: { ...STRICT_PLACE, title: 'A' } });
  });
});

describe('reading by a schema', () => {
  it('gives what the schema makes of it', () => {
    const schema = z.object({ at: z.string().transform((text) => new Date(text)) });
    const format = standardResponseFormat(schema, 'x', {
      schema: { type: 'object', properties: { at: { type: 'string' } }, required: ['at'] },
    });
    assert.deepEqual(format.$parseRaw('{"at":"2026-01-01"}'), { at: new Date('2026-01-01') });
  });

  for (const [library, schema] of Object.entries({
    Zod: z.object({ list: z.array(z.object({ n: z.number() })) }),
    Valibot: v.object({ list: v.array(v.object({ n: v.number() })) }),
    ArkType: type({ list: type({ n: 'number' }).array() }),
  })) {
    it(`says where something does not fit, with ${library}`, () => {
      const json = { type: 'object', properties: {}, required: [] };
      const { $parseRaw } = standardResponseFormat<StandardSchema>(schema, 'x', { schema: json });
      assert.throws(() => $parseRaw('{"list":[{"n":1},{"n":"no"}]}'), {
        name: 'ColloquyError',
        message: /does not fit its schema: list\.1\.n: /,
      });
      assert.throws(() => $parseRaw('5'), /does not fit its schema: (root|0): /);
    });
  }

  it('says that something is not JSON', () => {
    const { $parseRaw } = standardResponseFormat(z.object({}), 'x');
    assert.throws(
      () => $parseRaw('{"a":'),
      (error) => {
        assert.ok(error instanceof ColloquyError && error.cause instanceof SyntaxError);
        assert.match(error.message, /not JSON: \{"a":$/);
        return true;
      },
    );
  });

  it('refuses a schema that checks asynchronously', () => {
    const { $parseRaw } = standardResponseFormat(
      z.object({}).refine(async () => false),
      'x',
    );
    assert.throws(() => $parseRaw('{}'), { name: 'ColloquyError', message: /asynchronously/ });
  });
});

function toJSON(value: unknown): unknown {
  return JSON.parse(JSON.stringify(value));
}
