// Response formats and tools from the schemas of any library that follows Standard Schema: Zod, Valibot, ArkType, …
// @see https://standardschema.dev

import type { ResponseFormatJSONSchema } from '../contract/response-format.ts';
import { ColloquyError } from '../errors.ts';
import {
  readJsonText,
  type AutoParseableResponseFormat,
  type AutoParseableTool,
} from './parsed-chat-completion.ts';
import { toStrictSchema, type JSONSchema } from './strict-json-schema.ts';

/** A schema that can check a value, and say what it is. */
export interface StandardSchema<Output = unknown> {
  readonly '~standard': {
    readonly version: 1;
    readonly vendor: string;
    readonly types?: { readonly input: unknown; readonly output: Output } | undefined;
    /** Must not return a promise here. */
    readonly validate: (value: unknown) => StandardResult<Output> | Promise<StandardResult<Output>>;
    /** The schema as JSON Schema. Libraries that have it no other way than by a function of their own leave it out. */
    readonly jsonSchema?:
      | { readonly input: (options: { readonly target: 'draft-07' }) => JSONSchema }
      | undefined;
  };
}

/** What a {@link StandardSchema} makes of a value. */
export type StandardResult<Output> =
  | { readonly value: Output; readonly issues?: undefined }
  | { readonly issues: readonly StandardIssue[] };

/** What is wrong, and where. */
export interface StandardIssue {
  readonly message: string;
  readonly path?: ReadonlyArray<PropertyKey | { readonly key: PropertyKey }> | undefined;
}

/** What values become that a schema has checked. */
export type InferOutput<Schema extends StandardSchema> = NonNullable<Schema['~standard']['types']>['output'];

/** What the model is told beside the schema. */
export interface StandardResponseFormatProps extends Pick<
  ResponseFormatJSONSchema.JSONSchema,
  'description'
> {
  /** The schema as JSON Schema, if its library does not offer it by `~standard.jsonSchema`. */
  readonly schema?: JSONSchema | undefined;
}

/** A function for the model to call. */
export interface StandardFunctionOptions<Schema extends StandardSchema> {
  /** 1–64 letters, digits, `_` or `-`. */
  readonly name: string;
  /** What the function does and when to call it, for the model to read. */
  readonly description?: string | undefined;
  /** The schema of its arguments, an object. */
  readonly parameters: Schema;
  /** The schema as JSON Schema, if its library does not offer it by `~standard.jsonSchema`. */
  readonly schema?: JSONSchema | undefined;
}

/**
 * A strict response format from a schema, which also checks the answer and turns it into its type. `name` tells the
 * model what the answer is: 1–64 letters, digits, `_` or `-`.
 *
 * Throws `ColloquyError` if there is no JSON Schema, or if it cannot be made strict.
 */
export function standardResponseFormat<Schema extends StandardSchema>(
  schema: Schema,
  name: string,
  { schema: given, ...props }: StandardResponseFormatProps = {},
): AutoParseableResponseFormat<InferOutput<Schema>> {
  return attach(
    {
      type: 'json_schema',
      json_schema: { ...props, name, strict: true, schema: findJsonSchema(schema, given) },
    },
    { $brand: 'auto-parseable-response-format', $parseRaw: (text: string) => read(schema, text) },
  );
}

/**
 * A strict tool from a schema, which also checks the arguments of a call and turns them into their type. With its
 * `function` it can be run by `runTools`.
 *
 * Throws `ColloquyError` if there is no JSON Schema, or if it cannot be made strict.
 */
export function standardFunction<Schema extends StandardSchema>(
  options: StandardFunctionOptions<Schema> & { readonly function: (args: InferOutput<Schema>) => unknown },
): AutoParseableTool<InferOutput<Schema>, true>;
export function standardFunction<Schema extends StandardSchema>(
  options: StandardFunctionOptions<Schema> & { readonly function?: undefined },
): AutoParseableTool<InferOutput<Schema>, false>;
export function standardFunction<Schema extends StandardSchema>({
  name,
  description,
  parameters,
  schema,
  function: callback,
}: StandardFunctionOptions<Schema> & {
  readonly function?: ((args: InferOutput<Schema>) => unknown) | undefined;
}): AutoParseableTool<InferOutput<Schema>> {
  return attach(
    {
      type: 'function',
      function: { name, description, parameters: findJsonSchema(parameters, schema), strict: true },
    },
    {
      $brand: 'auto-parseable-tool',
      $callback: callback,
      $parseRaw: (text: string) => read(parameters, text),
    },
  );
}

/** Adds members that JSON leaves out. Those that are for the compiler only need not be there. */
function attach<Whole>(wire: object, members: Record<string, unknown>): Whole {
  for (const [name, value] of Object.entries(members)) Object.defineProperty(wire, name, { value });
  return wire as Whole;
}

function findJsonSchema(schema: StandardSchema, given: JSONSchema | undefined): JSONSchema {
  // Whoever has no compiler may give anything.
  const standard: StandardSchema['~standard'] | undefined = schema?.['~standard'];
  if (standard === undefined) {
    throw new ColloquyError('A schema is needed that follows Standard Schema, such as those of Zod 4 do');
  }
  const found = given ?? standard.jsonSchema?.input({ target: 'draft-07' });
  if (found === undefined) {
    throw new ColloquyError(
      `This schema of ${standard.vendor} has no JSON Schema of its own; give it as "schema"`,
    );
  }
  return toStrictSchema(found);
}

function read<Schema extends StandardSchema>(schema: Schema, text: string): InferOutput<Schema> {
  const result = schema['~standard'].validate(readJsonText(text));
  if (result instanceof Promise) {
    result.catch(() => undefined);
    throw new ColloquyError(
      'The schema checks asynchronously, which cannot be waited for here; use one that does not',
    );
  }
  if (result.issues)
    throw new ColloquyError(`What the model wrote does not fit its schema: ${describeIssues(result.issues)}`);
  return result.value;
}

function describeIssues(issues: readonly StandardIssue[]): string {
  const keys = ({ path = [] }: StandardIssue): PropertyKey[] =>
    path.map((step) => (typeof step === 'object' ? step.key : step));
  return issues.map((issue) => `${keys(issue).map(String).join('.') || 'root'}: ${issue.message}`).join('; ');
}
