// What is compared: each way to reach the API does the same jobs behind the same functions, a file for each.

export interface Connection {
  readonly baseURL: string;
  readonly fetch: typeof fetch;
  /** Given to every call. */
  readonly signal: AbortSignal | undefined;
}

/** What came out, to see that everyone did the same work. */
export interface Outcome {
  readonly text: string;
  /** How often text was handed out: once if it comes whole. Empty pieces do not count. */
  readonly pieces: number;
}

/** What a subject has no way to do is left out. */
export interface Subject {
  /** A plain call. */
  call?(): Promise<Outcome>;
  /** A stream, piece by piece. */
  iterate?(): Promise<Outcome>;
  /** A stream, merged into its completion. */
  merge?(): Promise<Outcome>;
  /** A stream, merged, with a listener for each piece of text. */
  listen?(): Promise<Outcome>;
  /** Structured output: after each piece, `pieces` counts whether a value was to be had. */
  parse?(): Promise<Outcome>;
}

export type Job = keyof Subject;

export type OpenSubject = (connection: Connection) => Subject;

export const MODEL = 'gpt-4.1-mini';

export const SYSTEM = 'You are a poet of few words.';

export const PROMPT = 'Describe the sea at night, and mind the pebbles.';

export const MESSAGES = [
  { role: 'system' as const, content: SYSTEM },
  { role: 'user' as const, content: PROMPT },
];

/** The shape of the structured output that streams. */
export const JSON_SCHEMA = {
  type: 'object',
  properties: {
    items: {
      type: 'array',
      items: {
        anyOf: [
          {
            type: 'object',
            properties: { id: { type: 'integer' }, title: { type: 'string' } },
            required: ['id', 'title'],
            additionalProperties: false,
          },
          { type: 'null' },
        ],
      },
    },
  },
  required: ['items'],
  additionalProperties: false,
};

export const JSON_FORMAT = {
  type: 'json_schema' as const,
  json_schema: { name: 'list', strict: true, schema: JSON_SCHEMA },
};
