// Which way a request takes: straight to its server, or by a proxy.

import type { Agent } from 'node:http';
import type { ConnectionOptions } from 'node:tls';

import { PlainAgent, TlsAgent, TunnelAgent } from './agents.ts';
import { readProxies, readProxy, type Proxy, type ProxyFinder } from './proxy.ts';

/** How to reach servers. Every member may be left out. */
export interface NodeFetchOptions {
  /**
   * The URL of an HTTP proxy for every request; what credentials it has are sent to the proxy. `false`: no proxy.
   *
   * Default: the environment variables `HTTP_PROXY` and `HTTPS_PROXY`, but not for the servers in `NO_PROXY`.
   */
  readonly proxy?: string | false | undefined;
  /** What `tls.connect` takes beside an address: `ca`, `cert`, `key`, `rejectUnauthorized`, … */
  readonly tls?: ConnectionOptions | undefined;
  /** The most connections to one server at a time; requests wait until one is free. Default: no limit. */
  readonly maxConnections?: number | undefined;
  /**
   * How long it may take to connect, TLS included, in milliseconds; through a proxy, each of the two steps. `false`
   * leaves it to the system. Default: 10000, as for `fetch`.
   */
  readonly connectTimeout?: number | false | undefined;
}

/** Where node:http sends a request. */
export interface Route {
  readonly agent: Agent;
  readonly protocol: string;
  readonly hostname: string;
  readonly port: number | string;
  readonly path: string;
  /** What the proxy is told, as a list of names and values. */
  readonly headers: readonly string[];
}

const DEFAULT_CONNECT_TIMEOUT_MS = 10_000;

/** How long a connection is kept unused, in milliseconds: less than by servers, of which many close it after 5 seconds. */
const IDLE_MS = 4000;

const NO_HEADERS: readonly string[] = [];

/** Owns the connections, and knows which of them leads where. */
export class Routes {
  readonly #findProxy: ProxyFinder;
  readonly #plain: PlainAgent;
  readonly #tls: TlsAgent;
  readonly #createTunnels: (proxy: Proxy) => TunnelAgent;
  readonly #tunnels = new Map<Proxy, TunnelAgent>();

  /** Throws a `TypeError` if a proxy is not the URL of one. */
  constructor(options: NodeFetchOptions) {
    const { proxy, tls, maxConnections, connectTimeout = DEFAULT_CONNECT_TIMEOUT_MS } = options;
    this.#findProxy = createProxyFinder(proxy);
    const pool = { keepAlive: true, timeout: IDLE_MS, maxSockets: maxConnections ?? Infinity };
    this.#plain = new PlainAgent(connectTimeout, pool);
    this.#tls = new TlsAgent(connectTimeout, { ...tls, ...pool });
    this.#createTunnels = (proxy) => new TunnelAgent(proxy, this.#agentFor(proxy), connectTimeout, { ...tls, ...pool });
  }

  /** The way to the server of this URL. */
  find(url: URL): Route {
    const { protocol, port } = url;
    const path = `${url.pathname}${url.search}`;
    // Node wants an IPv6 address without its brackets.
    const hostname = url.hostname.replace(/^\[(.*)\]$/, '$1');
    const proxy = this.#findProxy(url);
    if (proxy === undefined) return { agent: this.#agentFor(url), protocol, hostname, port, path, headers: NO_HEADERS };
    if (protocol === 'https:') return { agent: this.#tunnelsOf(proxy), protocol, hostname, port, path, headers: NO_HEADERS };
    return { ...proxy, agent: this.#agentFor(proxy), path: `${url.origin}${path}` };
  }

  #agentFor({ protocol }: Pick<URL, 'protocol'>): Agent {
    return protocol === 'https:' ? this.#tls : this.#plain;
  }

  #tunnelsOf(proxy: Proxy): TunnelAgent {
    let tunnels = this.#tunnels.get(proxy);
    if (tunnels === undefined) {
      tunnels = this.#createTunnels(proxy);
      this.#tunnels.set(proxy, tunnels);
    }
    return tunnels;
  }
}

function createProxyFinder(proxy: string | false | undefined): ProxyFinder {
  if (proxy === undefined) return readProxies(process.env);
  const always = proxy === false ? undefined : readProxy('proxy', proxy);
  return () => always;
}
