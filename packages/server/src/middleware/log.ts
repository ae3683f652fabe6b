import type { FastifyInstance } from 'fastify';
import { destination, pino, type Logger } from 'pino';

import type { LogLevel } from '../config/config.ts';
import { readPath } from './read-path.ts';

/** A system call for each line would be a good part of what an answer costs. */
const FLUSH_BYTES = 3072;
/** What a pipe takes in one piece: lines of several processes on one pipe do not mix. */
const MAX_WRITE_BYTES = 4096;
const FLUSH_INTERVAL_MS = 100;
/** Beyond this, lines that nobody takes are dropped. */
const MAX_WAITING_BYTES = 16_777_216;

/** Standard error, in writes of several lines: a line waits for a moment, and leaves when the process exits. */
export const logDestination = destination({
  dest: 2,
  sync: false,
  minLength: FLUSH_BYTES,
  maxWrite: MAX_WRITE_BYTES,
  periodicFlush: FLUSH_INTERVAL_MS,
  maxLength: MAX_WAITING_BYTES,
});

/** For what is logged without a server. */
export function createLog(level: LogLevel): Logger {
  return pino({ level }, logDestination);
}

/** One line for each answer, also one that its caller did not wait for: no bodies, no keys, nothing of what was said. */
export function logAnswers(app: FastifyInstance): void {
  app.addHook('onRequest', (request, reply, done) => {
    const { raw } = reply;
    raw.on('close', () => {
      request.log.info(
        {
          operation: request.routeOptions.schema?.operationId,
          method: request.method,
          path: readPath(request),
          status: raw.headersSent ? raw.statusCode : undefined,
          upstream: reply.getHeader('x-colloquy-upstream'),
          attempts: readCount(reply.getHeader('x-colloquy-attempts')),
          ms: Math.round(reply.elapsedTime),
          ...(!raw.writableFinished && { unfinished: true }),
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
