// The limit for a relay in Node that keeps: L, and a thread with SQLite that writes what passes as it is, many to a synced
// commit, for which the end of the answer waits. It compresses, indexes, checks and names nothing.

import type { ServerResponse } from 'node:http';
import { Worker } from 'node:worker_threads';

import { createBareServer } from './bare-server.ts';
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

/** An answer with a length is over with its last byte, and waits; of another, only the end does. */
function holdEnd(request: Buffer, response: ServerResponse): Answer {
  const pieces: Buffer[] = [];
  let hasLength = false;
  return {
    writeHead(status, headers) {
      hasLength = headers['content-length'] !== undefined;
      response.writeHead(status, headers);
    },
    write(piece) {
      pieces.push(piece);
      return hasLength || response.write(piece);
    },
    once: (event, listener) => response.once(event, listener),
    end() {
      const body = Buffer.concat(pieces);
      void keep([request, body]).then(() => response.end(hasLength ? body : undefined));
    },
    destroy: () => response.destroy(),
  };
}

const server = createBareServer((body, response) => passOn(body, holdEnd(body, response)));
worker.once('online', () => listen(server));
