// The limit for a relay in Node that keeps: L, and a thread with SQLite that writes what passes as it is, many to a synced
// commit. Its last piece waits for that. It compresses, indexes, checks and names nothing.

import { createServer, type ServerResponse } from 'node:http';
import { Worker } from 'node:worker_threads';

import type { KeptPair } from './limit-kept-worker.ts';
import { listen } from './listen.ts';
import { passOn, type Answer } from './pass-on.ts';

const { FOLDER = '' } = process.env;
const worker = new Worker(new URL('./limit-kept-worker.ts', import.meta.url), { workerData: FOLDER });
const pending: Array<() => void> = [];
let unsent: KeptPair[] = [];

worker.on('message', (count: number) => {
  for (const release of pending.splice(0, count)) release();
});

/** Resolves when it is synced. Those of a turn go in one message, since to wake a thread costs more than to send it more. */
function keep(pair: KeptPair): Promise<void> {
  if (unsent.length === 0) setImmediate(send);
  unsent.push(pair);
  return new Promise((resolve) => pending.push(resolve));
}

function send(): void {
  worker.postMessage(unsent);
  unsent = [];
}

function holdLast(request: Buffer, response: ServerResponse): Answer {
  const pieces: Buffer[] = [];
  return {
    writeHead: (status, headers) => response.writeHead(status, headers),
    once: (event, listener) => response.once(event, listener),
    destroy: () => response.destroy(),
    write(piece) {
      const before = pieces.at(-1);
      pieces.push(piece);
      return before === undefined || response.write(before);
    },
    end() {
      void keep([request, Buffer.concat(pieces)]).then(() => response.end(pieces.at(-1)));
    },
  };
}

const server = createServer((request, response) => {
  const pieces: Buffer[] = [];
  request.on('data', (piece: Buffer) => pieces.push(piece));
  request.once('end', () => {
    const body = Buffer.concat(pieces);
    passOn(body, holdLast(body, response));
  });
});
worker.once('online', () => listen(server));
