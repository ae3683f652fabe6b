// Which way a request takes: straight to its server, or by a proxy.

import type { ConnectionOptions } from 'node:tls';

import { connectPlain, connectSecure, connectThrough, type Address } from './connect.ts';
import { ConnectionPool, type Connect } from './connection-pool.ts';
import { DEFAULT_PORTS, readProxies, readProxy, type Proxy, type ProxyFinder } from './proxy.ts';

/** How to reach servers. Every member may be left out. */
export interface NodeFetchOptions {
  /**
   * The URL of an HTTP proxy for every request; what credentials it holds are sent to the proxy. `false`: no proxy.
   *
   * Default: the environment variables `HTTP_PROXY` and `HTTPS_PROXY`, but for the servers in `NO_PROXY`.
   */
  readonly proxy?: string | false | undefined;
  /** What `tls.connect` takes beside an address: `ca`, `cert`, `key`, `rejectUnauthorized`, … */
  readonly tls?: ConnectionOptions | undefined;
  /** The most connections to one server at a time; requests wait until one is free. Default: no limit. */
  readonly maxConnections?: number | undefined;
  /**
   * How long it may take to connect, in milliseconds: to the server, and to a proxy before. `false` leaves that to the
   * system. Default: 10000, as for `fetch`.
   */
  readonly connectTimeout?: number | false | undefined;
}

/** Where and how node:http sends a request. */
export interface Route extends Address {
  readonly agent: ConnectionPool;
  readonly path: string;
  /** What the proxy is to read, as a list of names and values. */
  readonly headers: readonly string[];
}

const DEFAULT_CONNECT_TIMEOUT_MS = 10_000;

const NO_HEADERS: readonly string[] = [];

/** Has the connections, and knows which of them lead where. */
export class Routes {
  readonly #findProxy: ProxyFinder;
  readonly #plain: ConnectionPool;
  readonly #secure: ConnectionPool;
  readonly #tunnels = new Map<Proxy, ConnectionPool>();
  readonly #createTunnels: (proxy: Proxy) => ConnectionPool;
  /** What was found last: a client asks for the same URL again and again. */
  #last: { readonly url: URL; readonly route: Route } | undefined;

  /** Throws a `TypeError` if a proxy is not the URL of one. */
  constructor(options: NodeFetchOptions) {
    const {
      maxConnections = Infinity,
      tls = {},
      connectTimeout: timeout = DEFAULT_CONNECT_TIMEOUT_MS,
    } = options;
    const pool = (connect: Connect): ConnectionPool => new ConnectionPool(connect, maxConnections);
    this.#findProxy = createProxyFinder(options.proxy);
    this.#plain = pool((address) => connectPlain(address, { tls, timeout }));
    this.#secure = pool((address) => connectSecure(address, { tls, timeout }));
    this.#createTunnels = (proxy) =>
      pool((address, done) => connectThrough(proxy, address, { tls, timeout }, done));
  }

  /** The way to the server of this URL, which must not change. */
  find(url: URL): Route {
    if (this.#last?.url !== url) this.#last = { url, route: this.#find(url) };
    return this.#last.route;
  }

  #find(url: URL): Route {
    const isSecure = url.protocol === 'https:';
    const path = `${url.pathname}${url.search}`;
    const proxy = this.#findProxy(url);
    if (proxy !== undefined && !isSecure) {
      const { host, port, headers } = proxy;
      return {
        agent: proxy.isSecure ? this.#secure : this.#plain,
        host,
        port,
        path: `${url.origin}${path}`,
        headers,
      };
    }
    const direct = isSecure ? this.#secure : this.#plain;
    return {
      agent: proxy === undefined ? direct : this.#tunnelsThrough(proxy),
      // Only URLs have brackets around an IPv6 address.
      host: url.hostname.replace(/^\[(.*)\]$/, '$1'),
      port: Number(url.port || DEFAULT_PORTS[url.protocol]),
      path,
      headers: NO_HEADERS,
    };
  }

  #tunnelsThrough(proxy: Proxy): ConnectionPool {
    let pool = this.#tunnels.get(proxy);
    if (pool === undefined) {
      pool = this.#createTunnels(proxy);
      this.#tunnels.set(proxy, pool);
    }
    return pool;
  }
}

function createProxyFinder(proxy: string | false | undefined): ProxyFinder {
  if (proxy === undefined) return readProxies(process.env);
  const always = proxy === false ? undefined : readProxy('proxy', proxy);
  return () => always;
}
