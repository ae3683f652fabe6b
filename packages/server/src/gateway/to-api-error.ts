import { ApiError } from '../api-error.ts';
import { StorageError } from '../storage/storage.ts';
import { UpstreamError } from '../upstream/upstream-error.ts';

/** What a caller is told of a trouble on the way. What is nobody's fault but ours stays a bare 500. */
export function toApiError(error: unknown): ApiError {
  if (error instanceof ApiError) return error;
  if (error instanceof StorageError) {
    return new ApiError('store_unavailable', 'The store cannot answer now. Try again later.', {
      cause: error,
    });
  }
  if (error instanceof UpstreamError) {
    const kind = error.isTimeout ? 'upstream_timeout' : 'upstream_unreachable';
    return new ApiError(kind, `The upstream failed: ${error.message}`, { cause: error });
  }
  return new ApiError('internal_error', 'The server had an error while processing the request.', {
    cause: error,
  });
}

/** The upstream has been paid: an SDK that retried by itself would pay twice. */
export const PAID = { 'x-should-retry': 'false' };

/** The same, for a trouble that came after the upstream had begun to answer. */
export function toPaidError(error: unknown): ApiError {
  const { kind, message } = toApiError(error);
  return new ApiError(kind, message, { headers: PAID, cause: error });
}
