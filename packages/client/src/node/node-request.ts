// What `fetch` was called with, in the form in which node:http sends it.

/** One request, or one hop of a request that is redirected. */
export interface NodeRequest {
  readonly method: string;
  readonly url: URL;
  /** By names in small letters. */
  readonly headers: ReadonlyMap<string, string>;
  readonly body: string | Uint8Array | null;
  readonly signal: AbortSignal | null;
  readonly redirect: Request['redirect'];
}

/** Throws a `TypeError` if this cannot be sent, as `fetch` does. */
export function readRequest(
  input: string | URL | Request,
  init: RequestInit = {},
): NodeRequest | Promise<NodeRequest> {
  if ('dispatcher' in init) {
    // Passed over, it could mean to pass by the proxy that it leads to.
    throw new TypeError(
      'dispatcher: only the fetch of the runtime takes one; see the options of createNodeFetch',
    );
  }
  const { body = null } = init;
  const isPlain = body === null || typeof body === 'string' || body instanceof Uint8Array;
  if (input instanceof Request || !isPlain) return readWhole(new Request(input, init));
  const method = init.method?.toUpperCase() ?? 'GET';
  if (body !== null && (method === 'GET' || method === 'HEAD')) {
    throw new TypeError(`A request with the method ${method} cannot have a body`);
  }
  return {
    method,
    url: readURL(input),
    headers: readHeaders(init.headers),
    body,
    signal: init.signal ?? null,
    redirect: init.redirect ?? 'follow',
  };
}

/** Forms, streams and the like go through the runtime's own `Request`; they are gathered before they are sent. */
async function readWhole(request: Request): Promise<NodeRequest> {
  const { method, url, signal, redirect } = request;
  const body = request.body === null ? null : new Uint8Array(await request.arrayBuffer());
  return { method, url: readURL(url), headers: readHeaders(request.headers), body, signal, redirect };
}

/** What cannot be sent is refused by node:http: a second check, that of `Headers`, would cost as much as the first. */
function readHeaders(init: RequestInit['headers'] = {}): Map<string, string> {
  const headers = new Map<string, string>();
  for (const [name = '', value] of Symbol.iterator in init ? init : Object.entries(init)) {
    const key = name.toLowerCase();
    const before = headers.get(key);
    headers.set(key, before === undefined ? String(value) : `${before}, ${String(value)}`);
  }
  return headers;
}

/** What was read last: a client asks for the same URL again and again. */
let lastText: string | undefined;
let lastURL = new URL('http://localhost');

/** Throws a `TypeError` if it is not the URL of a request. */
export function readURL(input: string | URL): URL {
  if (input === lastText) return lastURL;
  const url = new URL(input);
  if (url.protocol !== 'http:' && url.protocol !== 'https:') {
    throw new TypeError(`"${url.protocol}" is neither http: nor https: in ${url.href}`);
  }
  if (url.username !== '' || url.password !== '') {
    throw new TypeError(`The URL of ${url.host} carries credentials; they belong into a header`);
  }
  // An object may change.
  if (typeof input === 'string') {
    lastText = input;
    lastURL = url;
  }
  return url;
}
