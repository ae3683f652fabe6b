// The proxy that stands before a server, by the variables that curl made a custom.
// @see https://curl.se/docs/manpage.html#ENVIRONMENT

import { urlToHttpOptions } from 'node:url';

export interface Proxy {
  /** Whether the proxy itself is spoken to by TLS. */
  readonly isSecure: boolean;
  readonly host: string;
  readonly port: number;
  /** What each request to it carries, as a list of names and values. */
  readonly headers: readonly string[];
}

/** The proxy of a URL, or undefined if the way is straight. */
export type ProxyFinder = (url: URL) => Proxy | undefined;

export const DEFAULT_PORTS: Readonly<Record<string, number>> = { 'http:': 80, 'https:': 443 };

type Environment = Readonly<Record<string, string | undefined>>;

/**
 * Reads `HTTP_PROXY`, `HTTPS_PROXY` and `NO_PROXY`; the same names in small letters go first. Throws a `TypeError` if one
 * of them is not the URL of an HTTP proxy.
 */
export function readProxies(environment: Environment): ProxyFinder {
  const read = (name: string): string => (environment[name.toLowerCase()] || environment[name] || '').trim();
  const proxies = new Map<string, Proxy>();
  for (const [protocol, name] of [
    ['http:', 'HTTP_PROXY'],
    ['https:', 'HTTPS_PROXY'],
  ] as const) {
    const value = read(name);
    if (value !== '') proxies.set(protocol, readProxy(name, value));
  }
  if (proxies.size === 0) return () => undefined;
  const isExcepted = readExceptions(read('NO_PROXY'));
  return (url) => (isExcepted(url) ? undefined : proxies.get(url.protocol));
}

/** Throws a `TypeError` that names the setting if its value is not the URL of an HTTP proxy. */
export function readProxy(name: string, value: string): Proxy {
  // "proxy.example:3128" is a custom too, though its beginning would pass for a scheme.
  const text = value.includes('://') ? value : `http://${value}`;
  if (!URL.canParse(text) || !/^https?:/i.test(text)) {
    // The value may hold a password.
    throw new TypeError(`${name} is not the URL of an HTTP proxy; one looks like http://proxy.example:3128`);
  }
  const { protocol, hostname, port, auth } = urlToHttpOptions(new URL(text));
  return {
    isSecure: protocol === 'https:',
    host: hostname ?? '',
    port: Number(port ?? DEFAULT_PORTS[protocol ?? '']),
    headers: auth ? ['proxy-authorization', `Basic ${Buffer.from(auth).toString('base64')}`] : [],
  };
}

/** Each entry is `*`, or an address, or a name, which stands for all names below it too; with a port or for any. */
function readExceptions(list: string): (url: URL) => boolean {
  const entries = list
    .toLowerCase()
    .split(/[\s,]+/)
    .map((entry) => entry.replace(/^\*?\./, ''));
  return ({ protocol, hostname, port }) => {
    const hostWithPort = `${hostname}:${port || DEFAULT_PORTS[protocol]}`;
    // An IPv6 address stands in brackets in a URL, and often does not in the list.
    const names = [hostname, hostWithPort, hostname.replaceAll(/[[\]]/g, '')];
    return entries.some((entry) =>
      names.some((name) => entry === '*' || entry === name || (entry !== '' && name.endsWith(`.${entry}`))),
    );
  };
}
