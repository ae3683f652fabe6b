// Holds many streams open, a process of its own. Each order is answered when it is done.

import { once } from 'node:events';
import { connect, type Socket } from 'node:net';

import { AnswerReader } from './answer-reader.ts';
import { composeRequest } from './compose-request.ts';
import { findQuantiles, type Quantiles } from './quantiles.ts';

/** How many wait for their first event at the same time. */
const OPENING = 64;

export type Order =
  | { readonly open: number; readonly port: number; readonly body: string }
  /** What came since the last time. */
  | 'read';

export interface Held {
  readonly open: number;
  /** Streams that broke off, or ended otherwise than the upstream ended them. */
  readonly errors: number;
  /** The first of them. */
  readonly firstError: string | undefined;
  readonly delaysMs: Quantiles & { readonly count: number };
}

const sockets = new Set<Socket>();
let delays: number[] = [];
let errors = 0;
let firstError: string | undefined;

/** Resolves with the first event. */
async function openStream(port: number, request: Buffer): Promise<void> {
  const socket = connect(port, '127.0.0.1');
  const reader = new AnswerReader(true);
  const { promise, resolve } = Promise.withResolvers<void>();
  sockets.add(socket);
  socket.on('data', (piece: Buffer) => {
    try {
      const hasEnded = reader.push(piece);
      delays.push(...reader.delaysMs.splice(0));
      if (reader.firstByteAtMs !== undefined) resolve();
      if (!hasEnded) return;
      if (!reader.isWhole) throw new Error('the stream ended before its [DONE]');
      sockets.delete(socket);
      socket.destroy();
    } catch (error) {
      socket.destroy(error as Error);
    }
  });
  socket.on('error', (error) => (firstError ??= error.message));
  socket.once('close', () => {
    if (sockets.delete(socket)) errors += 1;
    resolve();
  });
  await once(socket, 'connect').then(() => socket.write(request), resolve);
  await promise;
}

async function openAll(count: number, port: number, request: Buffer): Promise<void> {
  let left = count;
  const openNext = async (): Promise<void> => {
    while (left > 0) {
      left -= 1;
      await openStream(port, request);
    }
  };
  await Promise.all(Array.from({ length: OPENING }, openNext));
}

function read(): Held {
  const held = {
    open: sockets.size,
    errors,
    firstError,
    delaysMs: { ...findQuantiles(delays), count: delays.length },
  };
  delays = [];
  return held;
}

process.on('message', (order: Order) => {
  if (order === 'read') {
    process.send?.(read());
  } else {
    const request = composeRequest({ ...order, headers: {} });
    void openAll(order.open, order.port, request).then(() => process.send?.(read()));
  }
});
process.once('disconnect', () => process.exit());
