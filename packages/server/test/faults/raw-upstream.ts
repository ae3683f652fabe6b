// An upstream on bare sockets: it can send what no HTTP server would.

import { createServer, type AddressInfo, type Socket } from 'node:net';
import type { TestContext } from 'node:test';

export interface RawUpstream {
  readonly baseURL: string;
  /** The connection on which each request came. */
  readonly requests: readonly Socket[];
  /** Resolves when no connection is open, but for `kept`. */
  allClosed(kept?: Socket): Promise<void>;
}

/** Sends whatever it likes on the socket, once a whole request has come. */
export type Play = (socket: Socket, request: string) => unknown;

/** Sends as fast as it is taken; of a connection that has ended, nothing. */
export async function sendOn(socket: Socket, bytes: string | Uint8Array): Promise<void> {
  if (socket.destroyed || socket.write(bytes)) return;
  await new Promise<void>((resolve) => {
    const goOn = (): void => {
      socket.off('drain', goOn).off('close', goOn);
      resolve();
    };
    socket.once('drain', goOn).once('close', goOn);
  });
}

export async function startRawUpstream(t: TestContext, play: Play): Promise<RawUpstream> {
  const requests: Socket[] = [];
  const sockets = new Set<Socket>();
  const server = createServer((socket) => {
    sockets.add(socket);
    socket.on('close', () => sockets.delete(socket)).on('error', () => undefined);
    socket.setNoDelay(true);
    let received = Buffer.alloc(0);
    socket.on('data', (bytes: Buffer) => {
      received = Buffer.concat([received, bytes]);
      const end = requestEnd(received);
      if (end > received.length) return;
      const request = received.toString();
      received = received.subarray(end);
      requests.push(socket);
      void play(socket, request);
    });
  });
  await new Promise<void>((resolve) => {
    server.listen(0, '127.0.0.1', resolve);
  });
  t.after(() => {
    for (const socket of sockets) socket.destroy();
    server.close();
  });
  const { port } = server.address() as AddressInfo;
  return {
    baseURL: `http://127.0.0.1:${port}/v1`,
    requests,
    async allClosed(kept) {
      const others = [...sockets].filter((socket) => socket !== kept);
      await Promise.all(others.map((socket) => new Promise((resolve) => socket.once('close', resolve))));
    },
  };
}

/** Where the request ends; infinite, while its head has not come. */
function requestEnd(bytes: Buffer): number {
  const headEnd = bytes.indexOf('\r\n\r\n');
  if (headEnd === -1) return Infinity;
  const length = /content-length: (\d+)/i.exec(bytes.subarray(0, headEnd).toString())?.[1] ?? '0';
  return headEnd + 4 + Number(length);
}

/** The head of an answer, and of its body what follows. */
export function head(status: number, headers: Readonly<Record<string, string | number>>): string {
  const lines = Object.entries(headers).map(([name, value]) => `${name}: ${value}\r\n`);
  return `HTTP/1.1 ${status} Status\r\n${lines.join('')}\r\n`;
}

export const JSON_HEAD = head(200, { 'content-type': 'application/json', 'transfer-encoding': 'chunked' });
export const STREAM_HEAD = head(200, { 'content-type': 'text/event-stream', 'transfer-encoding': 'chunked' });
/** The end of a chunked body. */
export const END = '0\r\n\r\n';

/** A piece of a chunked body. */
export function piece(bytes: string | Uint8Array): Buffer {
  const data = Buffer.from(bytes);
  return Buffer.concat([Buffer.from(`${data.length.toString(16)}\r\n`), data, Buffer.from('\r\n')]);
}
