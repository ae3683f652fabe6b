import type { UpstreamAnswer } from '../upstream/upstream.ts';

/** What an upstream may tell the caller. Cookies, server names and transport headers stay behind. */
const RELAYED = new Set([
  'cache-control',
  'content-encoding',
  'content-type',
  'retry-after',
  'retry-after-ms',
  'x-should-retry',
]);
const RELAYED_PREFIXES = ['openai-', 'x-ratelimit-'];

export function selectHeaders(headers: UpstreamAnswer['headers']): Record<string, string | string[]> {
  const selected: Record<string, string | string[]> = {};
  for (const name of Object.keys(headers)) {
    const value = headers[name];
    if (value !== undefined && isRelayed(name)) selected[name] = value;
  }
  // Proxies in front of us would otherwise collect a stream before they pass it on.
  if (isEventStream(headers)) selected['x-accel-buffering'] = 'no';
  return selected;
}

function isRelayed(name: string): boolean {
  return RELAYED.has(name) || RELAYED_PREFIXES.some((prefix) => name.startsWith(prefix));
}

/** Whether the body is an event stream that can be read and added to: not one that is encoded. */
export function isOpenEventStream(headers: UpstreamAnswer['headers']): boolean {
  const { 'content-encoding': encoding = 'identity' } = headers;
  return isEventStream(headers) && encoding === 'identity';
}

function isEventStream(headers: UpstreamAnswer['headers']): boolean {
  return String(headers['content-type']).toLowerCase().startsWith('text/event-stream');
}
