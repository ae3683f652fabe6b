// New connections: to a server or a proxy, encrypted or not, and to a server through a proxy.

import { request, type ClientRequest } from 'node:http';
import { connect, isIP, type Socket } from 'node:net';
import { connect as connectTls, type ConnectionOptions } from 'node:tls';

import type { Proxy } from './proxy.ts';

export interface Address {
  readonly host: string;
  readonly port: number;
}

export type Done = (error: Error | null, connection?: Socket) => void;

export interface ConnectOptions {
  readonly tls: ConnectionOptions;
  /** How long each step may take, in milliseconds. */
  readonly timeout: number | false;
}

/** The longest time that timers can wait, in milliseconds; a longer one would be over at once. */
const MAX_TIMER_MS = 2 ** 31 - 1;

/** After how much silence the system asks whether the other side is still there, in milliseconds; as `fetch` does. */
const PROBE_DELAY_MS = 60_000;

export function connectPlain({ host, port }: Address, { timeout }: ConnectOptions): Socket {
  return limit(prepare(connect({ host, port })), 'connect', timeout);
}

/** `tunnel` leads there already; without one, a connection is opened. */
export function connectSecure(address: Address, { tls, timeout }: ConnectOptions, tunnel?: Socket): Socket {
  const { host, port } = address;
  const secure = connectTls({
    ALPNProtocols: ['http/1.1'],
    // An address is no name to ask for.
    servername: isIP(host) === 0 ? host : '',
    ...tls,
    host,
    port,
    ...(tunnel && { socket: tunnel }),
  });
  return limit(prepare(secure), 'secureConnect', timeout);
}

/**
 * Has a proxy pass on what it cannot read; `done` is told when it does.
 *
 * @see https://www.rfc-editor.org/rfc/rfc9110#CONNECT
 */
export function connectThrough(
  proxy: Proxy,
  address: Address,
  options: ConnectOptions,
  done: Done,
): undefined {
  const { host, port } = address;
  const target = `${host.includes(':') ? `[${host}]` : host}:${port}`;
  const asked = request({
    method: 'CONNECT',
    path: target,
    headers: ['host', target, 'connection', 'keep-alive', ...proxy.headers],
    createConnection: () => (proxy.isSecure ? connectSecure(proxy, options) : connectPlain(proxy, options)),
  });
  asked.once('connect', ({ statusCode }, socket: Socket) => {
    if (statusCode === 200) {
      done(null, connectSecure(address, options, socket));
    } else {
      socket.destroy();
      done(new Error(`The proxy ${proxy.host} does not connect to ${target}: it answers ${statusCode}`));
    }
  });
  asked.once('error', done);
  limit(asked, 'connect', options.timeout).end();
}

function prepare(socket: Socket): Socket {
  return socket.setNoDelay(true).setKeepAlive(true, PROBE_DELAY_MS);
}

/** Destroys what does not connect in time. */
function limit<T extends Socket | ClientRequest>(opening: T, event: string, timeout: number | false): T {
  if (timeout === false) return opening;
  const expire = (): void => {
    const error = new Error(`Not connected within ${timeout} ms`);
    opening.destroy(Object.assign(error, { code: 'ETIMEDOUT' }));
  };
  const timer = setTimeout(expire, Math.min(timeout, MAX_TIMER_MS));
  const stop = (): void => clearTimeout(timer);
  opening.once(event, stop).once('close', stop);
  return opening;
}
