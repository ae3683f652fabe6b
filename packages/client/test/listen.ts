// A server that a test scripts: real HTTP on a free port, closed after the test.

import { createServer, type IncomingHttpHeaders, type ServerResponse } from 'node:http';
import type { AddressInfo, Socket } from 'node:net';
import type { TestContext } from 'node:test';

export interface ReceivedRequest {
  readonly method: string;
  readonly url: string;
  readonly headers: IncomingHttpHeaders;
  readonly text: string;
  readonly socket: Socket;
}

export interface TestServer {
  /** Ends in `/v1`, without a slash behind it. */
  readonly baseURL: string;
  /** In the order in which they arrived. */
  readonly requests: ReceivedRequest[];
}

export type Answer = (response: ServerResponse, request: ReceivedRequest) => unknown;

export async function listen(t: TestContext, answer: Answer): Promise<TestServer> {
  const requests: ReceivedRequest[] = [];
  const server = createServer(async (incoming, response) => {
    const pieces = await Array.fromAsync<Buffer>(incoming);
    const { method = '', url = '', headers, socket } = incoming;
    const request = { method, url, headers, text: Buffer.concat(pieces).toString(), socket };
    requests.push(request);
    await answer(response, request);
  });
  await new Promise<void>((resolve) => {
    server.listen(0, '127.0.0.1', resolve);
  });
  t.after(() => {
    server.closeAllConnections();
    server.close();
  });
  const { port } = server.address() as AddressInfo;
  return { baseURL: `http://127.0.0.1:${port}/v1`, requests };
}

/** Answers with this value as JSON. */
export function json(body: unknown, status = 200, headers: Record<string, string> = {}): Answer {
  return (response) => {
    response.writeHead(status, { 'content-type': 'application/json', ...headers });
    response.end(JSON.stringify(body));
  };
}

/** Answers with these bytes as an event stream, all at once. */
export function events(text: string, headers: Record<string, string> = {}): Answer {
  return (response) => {
    response.writeHead(200, { 'content-type': 'text/event-stream; charset=utf-8', ...headers });
    response.end(text);
  };
}

/** The only request that came. */
export function onlyRequest(server: TestServer): ReceivedRequest {
  const [request, ...others] = server.requests;
  if (request === undefined || others.length > 0) throw new Error(`${server.requests.length} requests came`);
  return request;
}
