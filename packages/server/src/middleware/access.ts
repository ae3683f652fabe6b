// Who may ask, and for which project.
//
// A page in a browser can send requests to this machine, and a foreign name can be made to resolve to it: a request whose
// Host or Origin is not this machine comes from elsewhere, whatever the socket says.

import type { FastifyInstance, FastifyRequest } from 'fastify';

import { ApiError } from '../api-error.ts';
import { isLoopback } from '../config/settings.ts';

declare module 'fastify' {
  interface FastifyRequest {
    /** What the caller may see and write. Until there are keys, there is one. */
    project: string;
  }
}

export function guardAccess(app: FastifyInstance): void {
  app.decorateRequest('project', 'default');
  app.addHook('onRequest', async (request) => {
    checkHost(request);
    checkOrigin(request);
  });
}

function checkHost({ headers }: FastifyRequest): void {
  const { host = '' } = headers;
  if (isLoopbackURL(`http://${host}`)) return;
  throw new ApiError(
    'request_forbidden',
    `The host '${host}' is not served: use http://127.0.0.1 or http://localhost.`,
  );
}

function checkOrigin({ headers }: FastifyRequest): void {
  const { origin } = headers;
  if (origin === undefined || isLoopbackURL(origin)) return;
  throw new ApiError(
    'request_forbidden',
    `Pages from '${origin}' may not call this server, only those of this machine.`,
  );
}

function isLoopbackURL(text: string): boolean {
  if (!URL.canParse(text)) return false;
  const { hostname, username, pathname } = new URL(text);
  // A Host header with more than host and port is a trick.
  return username === '' && pathname === '/' && isLoopback(hostname.replace(/^\[(.*)\]$/, '$1'));
}
