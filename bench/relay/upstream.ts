// The model server behind every gateway, a process of its own. It answers at once; the name of the model says how.

import { createServer, type ServerResponse } from 'node:http';

import { readClockMs } from './clock.ts';
import { listen } from './listen.ts';
import { CHUNKS } from './scenarios.ts';

const PACE_MS = 20;

/** About 2.5 KB in all, an answer of four hundred words. */
const PLAIN = Buffer.from(
  JSON.stringify({
    id: 'chatcmpl-123',
    object: 'chat.completion',
    created: 1_700_000_000,
    model: 'plain-2024-01-01',
    choices: [
      {
        index: 0,
        message: { role: 'assistant', content: 'lorem '.repeat(370), refusal: null },
        logprobs: null,
        finish_reason: 'stop',
      },
    ],
    usage: { prompt_tokens: 300, completion_tokens: 400, total_tokens: 700 },
  }),
);
const LAST = Buffer.from(`${chunk({}, 'stop')}data: [DONE]\n\n`);
const FAST = Buffer.from(chunk({ content: ' lorem' }));

function chunk(delta: object, finishReason: string | null = null, members: object = {}): string {
  const choices = [{ index: 0, delta, logprobs: null, finish_reason: finishReason }];
  const data = {
    id: 'chatcmpl-123',
    object: 'chat.completion.chunk',
    created: 1_700_000_000,
    model: 'm',
    choices,
  };
  return `data: ${JSON.stringify({ ...data, ...members })}\n\n`;
}

/** Each chunk in a write of its own: the gateway sees what a network would bring. */
function streamFast(response: ServerResponse): void {
  let sent = 0;
  const next = (): void => {
    if (sent === CHUNKS.fast) {
      response.end(LAST);
      return;
    }
    sent += 1;
    if (response.write(FAST)) setImmediate(next);
    else response.once('drain', next);
  };
  next();
}

function streamPaced(response: ServerResponse): void {
  let sent = 0;
  const timer = setInterval(() => {
    sent += 1;
    response.write(chunk({ content: ' lorem' }, null, { sent_at_ms: readClockMs() }));
    if (sent < CHUNKS.paced) return;
    clearInterval(timer);
    response.end(LAST);
  }, PACE_MS);
  response.once('close', () => clearInterval(timer));
}

const server = createServer((request, response) => {
  const pieces: Buffer[] = [];
  request.on('data', (piece: Buffer) => pieces.push(piece));
  request.once('end', () => {
    const beginning = Buffer.concat(pieces).toString('latin1', 0, 100);
    if (beginning.includes('"model":"plain"')) {
      response.writeHead(200, { 'content-type': 'application/json', 'content-length': PLAIN.length });
      response.end(PLAIN);
      return;
    }
    response.writeHead(200, { 'content-type': 'text/event-stream' });
    if (beginning.includes('"model":"fast"')) streamFast(response);
    else streamPaced(response);
  });
});
listen(server);
