// The error tree, under the names that users of `openai` already catch.

import type { ChatCompletion } from './contract/chat-completion.ts';
import type { ErrorObject } from './contract/errors.ts';

/** The root of everything that this client throws. */
export class ColloquyError extends Error {
  override name = this.constructor.name;
}

/** The server answered with an error, or never answered: then `status` is undefined. */
export class APIError extends ColloquyError {
  /** The HTTP status. Undefined if there was no answer, or the error came inside a stream. */
  readonly status: number | undefined;
  readonly headers: Headers | undefined;
  /** The error object, as it came; undefined if the body held none. */
  readonly error: Partial<ErrorObject> | undefined;
  readonly code: string | null | undefined;
  readonly param: string | null | undefined;
  readonly type: string | undefined;
  /** The answer's `x-request-id`, to quote when asking for help. */
  readonly requestID: string | null | undefined;
  /**
   * What had come of a completion when its stream failed, where the chunks were merged: by `.stream()` and `runTools`.
   * A choice that did not end has `null` for its `finish_reason`, against the type.
   */
  completion: ChatCompletion | undefined;

  constructor(
    status: number | undefined,
    error: Partial<ErrorObject> | undefined,
    message: string,
    headers?: Headers,
    options?: ErrorOptions,
  ) {
    super(message, options);
    this.status = status;
    this.headers = headers;
    this.error = error;
    // Some servers repeat the status here, as a number.
    const code = error?.code as string | number | null | undefined;
    this.code = typeof code === 'number' ? String(code) : code;
    this.param = error?.param;
    this.type = error?.type;
    this.requestID = headers?.get('x-request-id');
  }
}

/** No answer came: the name did not resolve, the connection was refused or it broke. See `cause`. */
export class APIConnectionError extends APIError {
  constructor(message: string, cause?: unknown) {
    super(undefined, undefined, message, undefined, { cause });
  }
}

/** The time limit was reached: `timeout` for the answer, `idleTimeout` for the next event of a stream. */
export class APIConnectionTimeoutError extends APIConnectionError {}

/** The caller's own signal ended the call. */
export class APIUserAbortError extends APIError {
  constructor(cause?: unknown) {
    super(undefined, undefined, 'The request was aborted by its signal', undefined, { cause });
  }
}

/** 400: the request is wrong; see `param`. */
export class BadRequestError extends APIError {}
/** 401: the key is missing or wrong. */
export class AuthenticationError extends APIError {}
/** 403: the key, the host or the origin may not do this. */
export class PermissionDeniedError extends APIError {}
/** 404: no such model, or no such completion among those that this key can see. */
export class NotFoundError extends APIError {}
/** 409: another request was faster. */
export class ConflictError extends APIError {}
/** 422: well-formed, but refused. */
export class UnprocessableEntityError extends APIError {}
/** 429: too many requests, or a quota is used up. */
export class RateLimitError extends APIError {}
/** 500 and above: the server, or the model behind it, failed. */
export class InternalServerError extends APIError {}

/** A structured answer cannot be read: it was cut off at its limit of tokens. */
export class LengthFinishReasonError extends ColloquyError {
  /** What there is of the answer. */
  readonly completion: ChatCompletion;

  constructor(completion: ChatCompletion) {
    super(
      'The answer cannot be parsed: it was cut off at the limit of its length; raise max_completion_tokens',
    );
    this.completion = completion;
  }
}

/** A structured answer cannot be read: the content filter cut it off. */
export class ContentFilterFinishReasonError extends ColloquyError {
  /** What there is of the answer. */
  readonly completion: ChatCompletion;

  constructor(completion: ChatCompletion) {
    super('The answer cannot be parsed: the content filter cut it off');
    this.completion = completion;
  }
}

const ERROR_BY_STATUS: Readonly<Record<number, typeof APIError>> = {
  400: BadRequestError,
  401: AuthenticationError,
  403: PermissionDeniedError,
  404: NotFoundError,
  409: ConflictError,
  422: UnprocessableEntityError,
  429: RateLimitError,
};

/** Makes the error for an answer of 400 and above from its body, in whatever shape that came. */
export function toAPIError(status: number, call: string, bodyText: string, headers: Headers): APIError {
  // Of a proxy's error page, which is not JSON, the beginning is quoted.
  const error = findErrorObject(parseJson(bodyText, true));
  const ErrorClass = ERROR_BY_STATUS[status] ?? (status >= 500 ? InternalServerError : APIError);
  const detail = describeError(error) || bodyText.slice(0, 200) || 'no body';
  return new ErrorClass(status, error, `${call}: ${status} ${detail}`, headers);
}

/** Makes the error that a server reported in an answer below 400, or in an event of one: then without a status. */
export function toReportedError(error: Partial<ErrorObject>, headers: Headers, status?: number): APIError {
  return new APIError(status, error, describeError(error) || 'The server reported an error', headers);
}

/** The error's message as text; empty or undefined if it has none. */
function describeError(error: Partial<ErrorObject> | undefined): string | undefined {
  // Mistral puts its validator's whole findings here.
  const message: unknown = error?.message;
  return isObject(message) ? JSON.stringify(message) : typeof message === 'string' ? message : undefined;
}

/** Finds the error object in a parsed body or event, in each shape that servers give it. */
export function findErrorObject(body: unknown, isError?: boolean): Partial<ErrorObject> | undefined {
  // Gemini sends a list of one envelope.
  const envelope: unknown = Array.isArray(body) ? body[0] : body;
  if (!isObject(envelope)) return isError ? { message: String(envelope) } : undefined;
  const { error, message } = envelope;
  if (isObject(error)) return error;
  // Fastify's own: `error` is the name of the status then.
  if (error && typeof message === 'string') return { message };
  if (error) return { message: typeof error === 'string' ? error : JSON.stringify(error) };
  // Mistral and older vLLM send the error object without an envelope.
  return isError || envelope['object'] === 'error' ? envelope : undefined;
}

/** Parses what a server sent in a body or an event. A server in trouble may not find the words in JSON: then as text. */
export function parseJson(text: string, isError?: boolean): unknown {
  try {
    return JSON.parse(text);
  } catch (cause) {
    if (isError) return text;
    throw new ColloquyError(`The server sent something that is not JSON: ${text.slice(0, 200)}`, { cause });
  }
}

export function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null;
}
