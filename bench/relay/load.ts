// The load generator, a process of its own: runs the jobs that it is sent, one after the other.

import { once } from 'node:events';
import { connect } from 'node:net';

import { AnswerReader } from './answer-reader.ts';
import { readClockMs } from './clock.ts';
import { composeRequest } from './compose-request.ts';
import { findQuantiles, type Quantiles } from './quantiles.ts';

export interface Job {
  readonly port: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
  readonly callers: number;
  readonly requests: number;
  /** Whether the chunks say when they were sent. */
  readonly isTimed: boolean;
}

export interface Outcome {
  readonly requestsPerSecond: number;
  readonly latencyMs: Quantiles;
  /** From the request to the first byte of the answer's body. */
  readonly firstByteMs: Quantiles;
  /** Of each chunk, from the upstream to the caller; undefined if they are not timed. */
  readonly delayMs: Quantiles | undefined;
}

async function run(job: Job): Promise<Outcome> {
  const request = composeRequest(job);
  const times = { latencies: [] as number[], firstBytes: [] as number[], delays: [] as number[] };
  let left = job.requests;

  async function call(): Promise<void> {
    const socket = connect(job.port, '127.0.0.1').setNoDelay(true);
    await once(socket, 'connect');
    while (left > 0) {
      left -= 1;
      const startedAtMs = readClockMs();
      const reader = new AnswerReader(job.isTimed);
      await new Promise<void>((resolve, reject) => {
        const fail = (error: unknown): void =>
          reject(error instanceof Error ? error : new Error('the connection was closed'));
        const read = (piece: Buffer): void => {
          try {
            if (!reader.push(piece)) return;
            socket.off('data', read).off('close', fail);
            resolve();
          } catch (error) {
            fail(error);
          }
        };
        socket.on('data', read).once('close', fail);
        socket.write(request);
      });
      if (!reader.isWhole) throw new Error('the stream ended before its [DONE]');
      times.latencies.push(readClockMs() - startedAtMs);
      times.firstBytes.push((reader.firstByteAtMs ?? 0) - startedAtMs);
      times.delays.push(...reader.delaysMs);
    }
    socket.destroy();
  }

  const startedAtMs = readClockMs();
  await Promise.all(Array.from({ length: job.callers }, call));
  return {
    requestsPerSecond: (1000 * job.requests) / (readClockMs() - startedAtMs),
    latencyMs: findQuantiles(times.latencies),
    firstByteMs: findQuantiles(times.firstBytes),
    delayMs: job.isTimed ? findQuantiles(times.delays) : undefined,
  };
}

process.on('message', (job: Job) => {
  run(job).then(
    (outcome) => process.send?.(outcome),
    (error: unknown) => process.send?.({ error: String(error) }),
  );
});
process.once('disconnect', () => process.exit());
