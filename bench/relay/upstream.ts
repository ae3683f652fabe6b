// The model server behind every gateway, a process of its own. It answers at once; the name of the model says how.

import { createServer, type ServerResponse } from 'node:http';
import { setTimeout as delay } from 'node:timers/promises';

import { readClockMs } from './clock.ts';
import { listen } from './listen.ts';
import { CHUNKS } from './scenarios.ts';

const PACE_MS = 20;
/** How many idle streams get their chunk together: ten thousand have it in four seconds. */
const IDLE_BATCH = 50;

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

function chunk(delta: object, finishReason: string | null = null): string {
  const choices = [{ index: 0, delta, logprobs: null, finish_reason: finishReason }];
  const data = {
    id: 'chatcmpl-123',
    object: 'chat.completion.chunk',
    created: 1_700_000_000,
    model: 'm',
    choices,
  };
  return `data: ${JSON.stringify(data)}\n\n`;
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
    response.write(timedChunk());
    if (sent < CHUNKS.paced) return;
    clearInterval(timer);
    response.end(LAST);
  }, PACE_MS);
  response.once('close', () => clearInterval(timer));
}

/** The ends of streams that stay open until the process is told to end them. */
const open = new Set<ServerResponse>();

/** A first chunk at once, and then nothing until there is an order for all of them. */
function streamIdle(response: ServerResponse): void {
  response.write(timedChunk());
  open.add(response);
  response.once('close', () => open.delete(response));
}

/** Its text says when it was sent: chunks of one answer differ in nothing else. */
function timedChunk(): string {
  return chunk({ content: ` ${readClockMs().toFixed(3)}` });
}

/** A chunk for each, a few at a time: all at once would only show how long the upstream takes for so many. */
async function sendToIdle(): Promise<void> {
  const responses = [...open];
  while (responses.length > 0) {
    for (const response of responses.splice(0, IDLE_BATCH)) response.write(timedChunk());
    await delay(PACE_MS);
  }
}

/** What the idle streams are told. */
export type Order = 'send' | 'end';

process.on('message', (order: Order) => {
  if (order === 'send') {
    void sendToIdle().then(() => process.send?.('sent'));
    return;
  }
  for (const response of open) response.end(LAST);
  process.send?.('ended');
});

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
    else if (beginning.includes('"model":"idle"')) streamIdle(response);
    else streamPaced(response);
  });
});
listen(server);
