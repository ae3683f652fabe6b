/** What the model's words must look like, told apart by `type`. */
export type ResponseFormat = ResponseFormatText | ResponseFormatJSONSchema | ResponseFormatJSONObject;

/** Any text; what a request without `response_format` gets. */
export interface ResponseFormatText {
  /** Tells this format from the others. */
  type: 'text';
}

/**
 * Some JSON object. The messages must ask for JSON too; prefer {@link ResponseFormatJSONSchema} where the
 * model supports it.
 */
export interface ResponseFormatJSONObject {
  /** Tells this format from the others. */
  type: 'json_object';
}

/**
 * JSON that fits a schema.
 *
 * @see https://platform.openai.com/docs/guides/structured-outputs
 */
export interface ResponseFormatJSONSchema {
  /** Tells this format from the others. */
  type: 'json_schema';
  /** The schema and its name. */
  json_schema: ResponseFormatJSONSchema.JSONSchema;
}

/** What {@link ResponseFormatJSONSchema} holds. */
export declare namespace ResponseFormatJSONSchema {
  /** A named schema. */
  interface JSONSchema {
    /** 1–64 letters, digits, `_` or `-`. */
    name: string;
    /** What the answer is for, for the model to read. */
    description?: string | undefined;
    /** The JSON Schema itself. */
    schema?: { [keyword: string]: unknown } | undefined;
    /**
     * Whether the answer must fit `schema` exactly; then only part of JSON Schema may be used. Default:
     * false.
     */
    strict?: boolean | null | undefined;
  }
}
