// A server behind TLS, with the certificate that the tests have.

import { once } from 'node:events';
import { createServer, type Server } from 'node:https';
import type { AddressInfo, Socket } from 'node:net';
import type { TestContext } from 'node:test';

import { CERTIFICATE, KEY } from './certificate.ts';

export interface SecureServer {
  readonly server: Server;
  readonly port: number;
  readonly sockets: Socket[];
}

/** Answers with the name that was asked for in the handshake, or `none`, and the path. */
export async function listenSecure(t: TestContext): Promise<SecureServer> {
  const server = createServer({ cert: CERTIFICATE, key: KEY }, ({ socket, url }, response) => {
    const { servername } = socket as unknown as { servername: string | false };
    response.end(`${servername || 'none'} ${url}`);
  });
  const sockets: Socket[] = [];
  server.on('secureConnection', (socket) => sockets.push(socket));
  t.after(() => {
    server.closeAllConnections();
    server.close();
  });
  await once(server.listen(0, '127.0.0.1'), 'listening');
  return { server, port: (server.address() as AddressInfo).port, sockets };
}
