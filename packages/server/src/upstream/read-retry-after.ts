import type { UpstreamAnswer } from './upstream.ts';

/**
 * How long an upstream asks to be left alone, in milliseconds: `retry-after-ms`, else `retry-after` in seconds or as an
 * HTTP date. Undefined if it does not say, or nothing that can be read.
 *
 * @see https://www.rfc-editor.org/rfc/rfc9110#field.retry-after
 */
export function readRetryAfterMs(headers: UpstreamAnswer['headers']): number | undefined {
  return (
    readNumber(headers['retry-after-ms'], 1) ?? readNumber(headers['retry-after'], 1000) ?? readDate(headers)
  );
}

function readNumber(value: unknown, factor: number): number | undefined {
  return typeof value === 'string' && /^\d+(\.\d+)?$/.test(value) ? Number(value) * factor : undefined;
}

/** A date in the past says: now. */
function readDate({ 'retry-after': value }: UpstreamAnswer['headers']): number | undefined {
  // Dates of HTTP begin with the day of the week; parsers of dates find one in nearly everything else, too.
  const date = typeof value === 'string' && /^[A-Z]/i.test(value) ? Date.parse(value) : NaN;
  return Number.isNaN(date) ? undefined : Math.max(0, date - Date.now());
}
