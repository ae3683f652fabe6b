import { fstatSync } from 'node:fs';

import type { FastifyInstance } from 'fastify';
import { destination, pino, type Logger } from 'pino';

import type { LogLevel } from '../config/config.ts';
import { readPath } from './read-path.ts';

const STDERR = 2;
/**
 * A system call for each line would be a good part of what an answer costs. What a pipe takes in one piece is 4096 bytes:
 * then lines of several processes on one pipe do not mix. A file takes any number, but what waits is copied with each
 * line that is added.
 */
const SIZES = isFile(STDERR) ? { minLength: 8192, maxWrite: 16_384 } : { minLength: 3072, maxWrite: 4096 };
const FLUSH_INTERVAL_MS = 100;
/** Beyond this, lines that nobody takes are dropped. */
const MAX_WAITING_BYTES = 16_777_216;

/** Standard error, in writes of several lines: a line waits for a moment, and leaves when the process exits. */
export const logDestination = destination({
  ...SIZES,
  dest: STDERR,
  sync: false,
  periodicFlush: FLUSH_INTERVAL_MS,
  maxLength: MAX_WAITING_BYTES,
});

function isFile(descriptor: number): boolean {
  try {
    return fstatSync(descriptor).isFile();
  } catch {
    // It was closed before the start.
    return false;
  }
}

/** For what is logged without a server. */
export function createLog(level: LogLevel): Logger {
  return pino({ level }, logDestination);
}

/** One line for each answer, also one that its caller did not wait for: no bodies, no keys, nothing of what was said. */
export function logAnswers(app: FastifyInstance): void {
  app.addHook('onRequest', (request, reply, done) => {
    const { raw } = reply;
    raw.on('close', () => {
      // Not by the log of the request: that would have to be made for it.
      app.log.info(
        {
          requestId: request.id,
          operation: request.routeOptions.schema?.operationId,
          method: request.method,
          path: readPath(request),
          status: raw.headersSent ? raw.statusCode : undefined,
          upstream: reply.getHeader('x-colloquy-upstream'),
          attempts: readCount(reply.getHeader('x-colloquy-attempts')),
          ms: Math.round(reply.elapsedTime),
          unfinished: raw.writableFinished ? undefined : true,
        },
        raw.writableFinished ? 'answered' : 'unanswered',
      );
    });
    done();
  });
}

function readCount(value: unknown): number | undefined {
  return value === undefined ? undefined : Number(value);
}
