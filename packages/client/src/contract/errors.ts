/**
 * The body of every answer whose status is 400 or above, and of an error event in a stream.
 *
 * @see https://platform.openai.com/docs/guides/error-codes
 */
export interface ErrorBody {
  error: ErrorObject;
}

/** What went wrong, for people in `message` and for programs in the rest. */
export interface ErrorObject {
  /** One or two sentences that name the cause and the remedy. */
  message: string;
  /** The family of the error, such as `invalid_request_error`. */
  type: string;
  /** The request member at fault as a path, such as `messages[0].role`; `null` if no single one is. */
  param: string | null;
  /** The exact error, such as `model_not_found`; `null` where OpenAI has no code for it. */
  code: string | null;
}

/** Status, type and wire code of an error that Colloquy itself answers with. */
export interface ErrorKind {
  readonly status: number;
  readonly type: string;
  readonly code: string | null;
}

/**
 * Every error of Colloquy's own. Errors of an upstream are relayed as they came and are not listed.
 *
 * Programs should switch on the status first: OpenAI leaves `code` null for several of these, and so do we.
 */
export const ERROR_KINDS = {
  malformed_request: { status: 400, type: 'invalid_request_error', code: null },
  invalid_value: { status: 400, type: 'invalid_request_error', code: 'invalid_value' },
  missing_required_parameter: {
    status: 400,
    type: 'invalid_request_error',
    code: 'missing_required_parameter',
  },
  unknown_parameter: { status: 400, type: 'invalid_request_error', code: 'unknown_parameter' },
  duplicate_parameter: { status: 400, type: 'invalid_request_error', code: 'duplicate_parameter' },
  string_above_max_length: { status: 400, type: 'invalid_request_error', code: 'string_above_max_length' },
  integer_below_min_value: { status: 400, type: 'invalid_request_error', code: 'integer_below_min_value' },
  request_forbidden: { status: 403, type: 'request_forbidden', code: null },
  url_not_found: { status: 404, type: 'invalid_request_error', code: null },
  completion_not_found: { status: 404, type: 'invalid_request_error', code: null },
  model_not_found: { status: 404, type: 'invalid_request_error', code: 'model_not_found' },
  replay_not_found: { status: 404, type: 'invalid_request_error', code: 'replay_not_found' },
  method_not_supported: { status: 405, type: 'invalid_request_error', code: 'method_not_supported' },
  idempotency_key_in_use: { status: 409, type: 'invalid_request_error', code: 'idempotency_key_in_use' },
  idempotency_key_reused: { status: 409, type: 'invalid_request_error', code: 'idempotency_key_reused' },
  request_timeout: { status: 408, type: 'invalid_request_error', code: null },
  metadata_changed: { status: 412, type: 'invalid_request_error', code: 'metadata_changed' },
  request_too_large: { status: 413, type: 'invalid_request_error', code: 'request_too_large' },
  unsupported_media_type: { status: 415, type: 'invalid_request_error', code: 'unsupported_media_type' },
  headers_too_large: { status: 431, type: 'invalid_request_error', code: null },
  /** Told to nobody, but kept: nginx logs the same status. */
  caller_left: { status: 499, type: 'invalid_request_error', code: 'caller_left' },
  internal_error: { status: 500, type: 'server_error', code: null },
  /** Told to nobody, but kept. */
  server_ended: { status: 500, type: 'server_error', code: 'server_ended' },
  upstream_unreachable: { status: 502, type: 'server_error', code: 'upstream_unreachable' },
  upstream_invalid_answer: { status: 502, type: 'server_error', code: 'upstream_invalid_answer' },
  server_stopping: { status: 503, type: 'service_unavailable_error', code: 'server_stopping' },
  server_is_overloaded: { status: 503, type: 'service_unavailable_error', code: 'server_is_overloaded' },
  store_unavailable: { status: 503, type: 'service_unavailable_error', code: 'store_unavailable' },
  upstream_timeout: { status: 504, type: 'server_error', code: 'upstream_timeout' },
} as const satisfies Record<string, ErrorKind>;
