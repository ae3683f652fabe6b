// `fetch` on node:http: the same requests, answers and errors, for a fraction of the work.

import { readRequest } from './node-request.ts';
import { NodeResponse } from './node-response.ts';
import { isRedirect, redirect } from './redirect.ts';
import { Routes, type NodeFetchOptions } from './routes.ts';
import { send } from './send.ts';

type Fetch = typeof globalThis.fetch;

/** As many as `fetch` follows. */
const MAX_REDIRECTS = 20;

/**
 * Makes a `fetch` with connections of its own. They are kept for the next request; while none is under way, they do
 * not keep the process from ending.
 *
 * It rejects as `fetch` does: with the signal's reason if that fires, else with a `TypeError`, whose `cause` says what
 * happened to the connection.
 *
 * @example
 * const client = new Colloquy({ fetch: createNodeFetch({ tls: { ca: readFileSync('company.pem') } }) });
 */
export function createNodeFetch(options: NodeFetchOptions = {}): Fetch {
  // Made at the first request: until then, the program may still read its environment from a file.
  let routes: Routes | undefined;
  return async (input, init) => {
    routes ??= new Routes(options);
    const read = readRequest(input, init);
    // Almost always it is there at once.
    let request = read instanceof Promise ? await read : read;
    for (let redirects = 0; ; redirects += 1) {
      const { message, body } = await send(request, routes.find(request.url));
      if (!isRedirect(request, message)) {
        return new NodeResponse(message, body, { url: request.url, redirected: redirects > 0 });
      }
      await body?.cancel();
      if (redirects === MAX_REDIRECTS) {
        throw new TypeError('fetch failed', { cause: new Error(`${MAX_REDIRECTS} redirects led nowhere`) });
      }
      request = redirect(request, message);
    }
  };
}

/**
 * `fetch` on node:http, with the proxies that the environment names.
 *
 * @example
 * const client = new Colloquy({ fetch: nodeFetch });
 */
export const nodeFetch: Fetch = /* @__PURE__ */ createNodeFetch();
