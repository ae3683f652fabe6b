// Who may ask, and for which project.
//
// A page in a browser can send requests to this machine, and a foreign name can be made to resolve to it: a request whose
// Host or Origin is not this machine comes from elsewhere, whatever the socket says. Some pages may: those are named.

import type { FastifyInstance, FastifyRequest } from 'fastify';

import { ApiError } from '../api-error.ts';
import type { Config } from '../config/config.ts';
import { isLoopback } from '../config/settings.ts';

declare module 'fastify' {
  interface FastifyRequest {
    /** What the caller may see and write. Until there are keys, there is one. */
    project: string;
  }
}

export const DEFAULT_PROJECT = 'default';

/** Throws `ApiError` if a request comes neither from this machine nor from a page that is allowed. */
export type CheckAccess = (request: FastifyRequest) => void;

export function guardAccess(app: FastifyInstance, checkAccess: CheckAccess): void {
  app.decorateRequest('project', DEFAULT_PROJECT);
  app.addHook('onRequest', (request, _reply, done) => {
    checkAccess(request);
    done();
  });
}

export function createAccessCheck({ allowedOrigins }: Pick<Config, 'allowedOrigins'>): CheckAccess {
  const allowed = new Set(allowedOrigins);
  // Nearly all requests to a server name it by the same host.
  let lastHost: string | undefined;
  return (request) => {
    checkHost(request, lastHost);
    lastHost = request.headers.host;
    checkPage(request, allowed);
  };
}

/** `known` is one that was found to be this machine. */
function checkHost({ headers, raw }: FastifyRequest, known: string | undefined): void {
  const { host = '' } = headers;
  // A target with a host of its own is meant for a proxy.
  if ((host !== known && !isLoopbackHost(host)) || !raw.url?.startsWith('/')) {
    throw new ApiError(
      'request_forbidden',
      `The host '${host}' is not served: use http://127.0.0.1 or http://localhost.`,
    );
  }
}

function checkPage({ headers }: FastifyRequest, allowed: ReadonlySet<string>): void {
  const { origin, 'sec-fetch-site': site, 'sec-fetch-mode': mode } = headers;
  // A page can fetch without an Origin, though not read the answer; following a link to here is no harm. Where there is
  // an Origin it says more: between two names of this machine, a browser sees two sites.
  const isForeign =
    origin === undefined
      ? site === 'cross-site' && mode !== 'navigate'
      : !isLoopbackOrigin(origin) && !allowed.has(origin);
  if (isForeign) {
    throw new ApiError(
      'request_forbidden',
      `Pages from '${origin ?? 'elsewhere'}' may not call this server, only those of this machine and those that it is started with by --allow-origin.`,
    );
  }
}

/** A host with or without a port, and nothing else: `localhost`, an address of loopback, in brackets if it has colons. */
function isLoopbackHost(text: string): boolean {
  const [, name = '', address] = /^(?:([^:[\]]+)|\[([^\]]+)\])(?::\d{1,5})?$/.exec(text.toLowerCase()) ?? [];
  return isLoopback(address ?? name);
}

function isLoopbackOrigin(text: string): boolean {
  return /^https?:\/\//i.test(text) && isLoopbackHost(text.slice(text.indexOf('//') + 2));
}
