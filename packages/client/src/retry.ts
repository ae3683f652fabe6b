// Which failures are worth another attempt, and after which delay; as `openai` does, but for what the server asks for.

import { APIConnectionError, APIError } from './errors.ts';

/** Times in milliseconds. */
const FIRST_DELAY_MS = 500;
const MAX_DELAY_MS = 8000;

/** What {@link retry} goes by, as in the options of the client and of each call. */
export interface RetryOptions {
  readonly maxRetries: number;
  readonly maxRetryDelay: number;
  readonly signal?: AbortSignal | null | undefined;
}

/** Makes attempts until one succeeds, or a further one may not help; then it throws the error of the last. */
export async function retry<T>(attempt: () => Promise<T>, options: RetryOptions): Promise<T> {
  const { maxRetries, maxRetryDelay, signal } = options;
  for (let count = 0; ; count += 1) {
    try {
      return await attempt();
    } catch (error) {
      if (count >= maxRetries || !isRetryable(error)) throw error;
      const delayMs = retryDelayMs(error.headers, count);
      if (delayMs > maxRetryDelay) throw error;
      await wait(delayMs, signal);
    }
  }
}

/** Whether the same request may succeed if it is sent again. `x-should-retry` decides where the server sends it. */
export function isRetryable(error: unknown): error is APIError {
  // No answer, or none in time. What the caller did wrong or ended would fail again.
  if (error instanceof APIConnectionError) return true;
  if (!(error instanceof APIError) || error.status === undefined) return false;
  const { status, headers } = error;
  const advice = headers?.get('x-should-retry');
  return advice === 'true' || (advice !== 'false' && ([408, 409, 429].includes(status) || status >= 500));
}

/**
 * How long to wait before the next attempt, in milliseconds: what `retry-after-ms` or `retry-after` (seconds, or an
 * HTTP date) says, else half a second, doubled with each attempt up to eight, less up to a quarter by chance.
 */
export function retryDelayMs(headers: Headers | undefined, attempt: number): number {
  return (
    readRetryAfterMs(headers) ??
    Math.min(FIRST_DELAY_MS * 2 ** attempt, MAX_DELAY_MS) * (1 - Math.random() * 0.25)
  );
}

function readRetryAfterMs(headers: Headers | undefined): number | undefined {
  const ms = headers?.get('retry-after-ms');
  // An empty header would be the number 0.
  if (ms && Number(ms) >= 0) return Number(ms);
  const after = headers?.get('retry-after');
  if (!after) return undefined;
  const seconds = Number(after);
  if (seconds >= 0) return seconds * 1000;
  const date = Date.parse(after);
  // A date in the past says: now. A negative number is no date, though some parsers find one in it.
  return Number.isNaN(seconds) && !Number.isNaN(date) ? Math.max(0, date - Date.now()) : undefined;
}

/** Resolves after the delay, or as soon as the signal fires: then the next attempt fails at once. */
function wait(ms: number, signal: AbortSignal | null | undefined): Promise<void> {
  return new Promise((resolve) => {
    const end = (): void => {
      clearTimeout(timer);
      signal?.removeEventListener('abort', end);
      resolve();
    };
    const timer = setTimeout(end, ms);
    signal?.addEventListener('abort', end);
    if (signal?.aborted) end();
  });
}
