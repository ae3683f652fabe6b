// An upstream that a test scripts: a real HTTP server that remembers what it was asked.

import { createServer, type IncomingHttpHeaders, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { TestContext } from 'node:test';

export interface UpstreamRequest {
  readonly method: string;
  readonly url: string;
  readonly headers: IncomingHttpHeaders;
  readonly text: string;
}

export interface TestUpstream {
  readonly baseURL: string;
  /** In the order in which they arrived. */
  readonly requests: UpstreamRequest[];
}

export type Answer = (response: ServerResponse, request: UpstreamRequest) => unknown;

export async function startUpstream(t: Pick<TestContext, 'after'>, answer: Answer): Promise<TestUpstream> {
  const requests: UpstreamRequest[] = [];
  const server = createServer(async (incoming, response) => {
    const pieces = await Array.fromAsync<Buffer>(incoming);
    const { method = '', url = '', headers } = incoming;
    const request = { method, url, headers, text: Buffer.concat(pieces).toString() };
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

/** Answers every create with the same completion, also the same id, as some servers do. */
export function answerPlainly(members: object = {}): Answer {
  return (response) => {
    response.setHeader('content-type', 'application/json');
    response.end(JSON.stringify({ ...completion('Hello.'), ...members }));
  };
}

export function completion(content: string): object {
  return {
    id: 'chatcmpl-123',
    object: 'chat.completion',
    created: 1_700_000_000,
    model: 'small-2024-01-01',
    choices: [
      {
        index: 0,
        message: { role: 'assistant', content, refusal: null },
        logprobs: null,
        finish_reason: 'stop',
      },
    ],
    usage: { prompt_tokens: 3, completion_tokens: 2, total_tokens: 5 },
  };
}

/** Starts an event stream; the events are the test's own. */
export function startStream(response: ServerResponse): void {
  response.writeHead(200, { 'content-type': 'text/event-stream; charset=utf-8' });
}

export function chunk(delta: object, finishReason: string | null = null, members: object = {}): string {
  const choices = [{ index: 0, delta, logprobs: null, finish_reason: finishReason }];
  return event({
    id: 'chatcmpl-123',
    object: 'chat.completion.chunk',
    created: 1_700_000_000,
    model: 'small-2024-01-01',
    choices,
    ...members,
  });
}

export function event(data: object | string): string {
  return `data: ${typeof data === 'string' ? data : JSON.stringify(data)}\n\n`;
}
