// One request over a connection, up to the head of its answer.

import { request as openRequest, type IncomingMessage } from 'node:http';

import { Body } from './body.ts';
import { ACCEPT_ENCODING } from './content-encoding.ts';
import type { NodeRequest } from './node-request.ts';
import type { Route } from './routes.ts';

/** Sent unless the caller sets them. */
const DEFAULT_HEADERS = Object.entries({
  accept: '*/*',
  'accept-encoding': ACCEPT_ENCODING,
  'user-agent': 'node',
});

/** What a text is unless the caller says otherwise. */
const TEXT_TYPE = 'text/plain;charset=UTF-8';

/** The length of a body is known here; a caller's word would cut it, or run into the next request. */
const OWN_HEADERS: ReadonlySet<string> = new Set(['content-length', 'transfer-encoding']);

/** Methods whose requests tell the length of their body even if there is none. */
const METHODS_WITH_BODY: ReadonlySet<string> = new Set(['POST', 'PUT', 'PATCH']);

/** Statuses whose answers have no body, not even an empty one. */
const BODILESS_STATUSES: ReadonlySet<number | undefined> = new Set([101, 103, 204, 205, 304]);

export interface Exchange {
  readonly message: IncomingMessage;
  /** Null where the protocol has none. */
  readonly body: Body | null;
}

/**
 * Resolves when the head has come; the body obeys the signal until its end. Rejects with the reason of the signal, or
 * with a `TypeError` whose cause is what became of the connection.
 */
export function send(request: NodeRequest, route: Route): Promise<Exchange> {
  const { method, signal } = request;
  return new Promise((resolve, reject) => {
    signal?.throwIfAborted();
    const outgoing = openRequest({ ...route, method, headers: listHeaders(request, route.headers) });
    let body: Body | null = null;
    const abort = (): void => {
      reject(signal?.reason);
      if (body === null) outgoing.destroy();
      else body.fail(signal?.reason);
    };
    const leave = (): void => signal?.removeEventListener('abort', abort);
    const fail = (cause: Error): void => {
      // Once there is a body, its reader hears of it.
      if (body === null) leave();
      reject(new TypeError('fetch failed', { cause }));
    };
    signal?.addEventListener('abort', abort);
    outgoing.on('response', (message) => {
      if (method === 'HEAD' || BODILESS_STATUSES.has(message.statusCode)) {
        leave();
        message.resume();
      } else {
        body = new Body(message, leave);
      }
      resolve({ message, body });
    });
    outgoing.on('upgrade', ({ headers }, socket) => {
      socket.destroy();
      fail(
        new Error(`The server changes to another protocol, ${headers.upgrade}, though nobody asked for that`),
      );
    });
    outgoing.on('error', fail);
    outgoing.end(request.body ?? undefined);
  });
}

/** In the flat form that node:http writes as it is. */
function listHeaders({ method, url, headers, body }: NodeRequest, added: readonly string[]): string[] {
  const list = [...added];
  for (const [name, value] of headers) if (!OWN_HEADERS.has(name)) list.push(name, value);
  if (!headers.has('host')) list.push('host', url.host);
  for (const [name, value] of DEFAULT_HEADERS) if (!headers.has(name)) list.push(name, value);
  if (typeof body === 'string' && !headers.has('content-type')) list.push('content-type', TEXT_TYPE);
  if (body !== null || METHODS_WITH_BODY.has(method)) {
    list.push('content-length', String(Buffer.byteLength(body ?? '')));
  }
  return list;
}
