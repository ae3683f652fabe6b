// What follows from an answer that points elsewhere.
// @see https://fetch.spec.whatwg.org/#http-redirect-fetch

import type { IncomingMessage } from 'node:http';

import { readURL, type NodeRequest } from './node-request.ts';

const STATUSES: ReadonlySet<number | undefined> = new Set([301, 302, 303, 307, 308]);
/** What describes a body goes with it. */
const BODY_HEADERS = ['content-encoding', 'content-language', 'content-location', 'content-type'];
/** What is meant for one origin only. */
const ORIGIN_HEADERS = ['authorization', 'proxy-authorization', 'cookie', 'host'];

/** Whether another request is to follow. Without a location, the answer is an answer. */
export function isRedirect(request: NodeRequest, message: IncomingMessage): boolean {
  return (
    STATUSES.has(message.statusCode) &&
    message.headers.location !== undefined &&
    request.redirect !== 'manual'
  );
}

/** The request that is to follow. Throws a `TypeError` if none may. */
export function redirect(
  request: NodeRequest,
  { statusCode, headers: { location = '' } }: IncomingMessage,
): NodeRequest {
  if (request.redirect === 'error') {
    throw new TypeError('fetch failed', {
      cause: new Error(`Redirected to ${location}, though told not to follow`),
    });
  }
  const headers = new Map(request.headers);
  // Headers come as Latin-1, URLs in them as UTF-8.
  const url = readURL(new URL(Buffer.from(location, 'latin1').toString(), request.url));
  if (url.origin !== request.url.origin) for (const name of ORIGIN_HEADERS) headers.delete(name);
  if (!changesMethod(request.method, statusCode)) return { ...request, url, headers };
  for (const name of BODY_HEADERS) headers.delete(name);
  return { ...request, method: 'GET', url, headers, body: null };
}

function changesMethod(method: string, status: number | undefined): boolean {
  if (status === 303) return method !== 'GET' && method !== 'HEAD';
  return method === 'POST' && (status === 301 || status === 302);
}
