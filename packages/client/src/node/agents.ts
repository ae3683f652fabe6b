// Connections: how they are made, and that this takes no longer than it may. Node keeps them and gives them out.

import { Agent, request, type AgentOptions, type ClientRequest, type ClientRequestArgs } from 'node:http';
import { Agent as HttpsAgent, type AgentOptions as TlsOptions, type RequestOptions } from 'node:https';
import type { Duplex } from 'node:stream';
import type { ConnectionOptions } from 'node:tls';

import type { Proxy } from './proxy.ts';

/** In milliseconds. */
export type ConnectTimeout = number | false;

/** The longest time that timers can wait, in milliseconds. */
const MAX_TIMER_MS = 2 ** 31 - 1;

type Done = (error: Error | null, connection: Duplex) => void;

/** Makes connections for http: URLs, and to proxies. */
export class PlainAgent extends Agent {
  readonly #timeout: ConnectTimeout;

  constructor(timeout: ConnectTimeout, options: AgentOptions) {
    super(options);
    this.#timeout = timeout;
  }

  override createConnection(options: ClientRequestArgs, done: Done): Duplex | null | undefined {
    return limit(super.createConnection(options, done), 'connect', this.#timeout);
  }
}

/** Makes connections for https: URLs. */
export class TlsAgent extends HttpsAgent {
  protected readonly timeout: ConnectTimeout;

  constructor(timeout: ConnectTimeout, options: TlsOptions) {
    super(options);
    this.timeout = timeout;
  }

  override createConnection(options: RequestOptions, done: Done): Duplex | null | undefined {
    return limit(super.createConnection(options, done), 'secureConnect', this.timeout);
  }
}

/**
 * Makes connections for https: URLs through a proxy, which passes them on without a look inside.
 *
 * @see https://www.rfc-editor.org/rfc/rfc9110#CONNECT
 */
export class TunnelAgent extends TlsAgent {
  readonly #proxy: Proxy;
  readonly #agent: Agent;
  
  /** `agent` connects to the proxy. */
  constructor(proxy: Proxy, agent: Agent, timeout: ConnectTimeout, options: TlsOptions) {
    super(timeout, options);
    this.#proxy = proxy;
    this.#agent = agent;
  }

  override createConnection(options: RequestOptions, done: Done): undefined {
    const { headers, ...address } = this.#proxy;
    const host = options.host ?? '';
    const target = `${host.includes(':') ? `[${host}]` : host}:${options.port}`;
    const tunnel = request({
      ...address,
      agent: this.#agent,
      method: 'CONNECT',
      path: target,
      headers: ['host', target, ...headers],
    });
    // Of the two, Node reads the connection only where there is no error.
    const fail = done as (error: Error) => void;
    tunnel.once('connect', ({ statusCode }, socket) => {
      if (statusCode === 200) {
        const secured: RequestOptions & Pick<ConnectionOptions, 'socket'> = { ...options, socket };
        done(null, super.createConnection(secured, done) as Duplex);
      } else {
        socket.destroy();
        fail(new Error(`The proxy ${address.hostname} does not connect to ${target}: ${statusCode}`));
      }
    });
    tunnel.once('error', fail);
    limit(tunnel, 'connect', this.timeout).end();
  }
}

/** Destroys what has not connected in time. */
function limit<T extends Duplex | ClientRequest | null | undefined>(connecting: T, event: string, timeout: ConnectTimeout): T {
  if (!connecting || timeout === false) return connecting;
  const expire = (): void => {
    const error = new Error(`Not connected within ${timeout} ms`);
    connecting.destroy(Object.assign(error, { code: 'ETIMEDOUT' }));
  };
  const timer = setTimeout(expire, Math.min(timeout, MAX_TIMER_MS));
  const stop = (): void => clearTimeout(timer);
  connecting.once(event, stop).once('close', stop);
  return connecting;
}
