import { randomFillSync } from 'node:crypto';
import type { IncomingMessage } from 'node:http';

import type { FastifyInstance } from 'fastify';

/** What can stand in a header and a log line without harm. */
const ACCEPTABLE = /^[\w.:-]{1,128}$/;

const ID_BYTES = 16;
/** Drawn for many ids at once: a call for each costs more than all else about it. */
const drawn = Buffer.alloc(256 * ID_BYTES);
let used = drawn.length;

/** The caller's `x-request-id`, so that one id leads through everybody's logs; else a new one. */
export function pickRequestId(request: Pick<IncomingMessage, 'headers'>): string {
  const given = request.headers['x-request-id'];
  return typeof given === 'string' && ACCEPTABLE.test(given) ? given : `req_${drawHex()}`;
}

function drawHex(): string {
  if (used === drawn.length) {
    randomFillSync(drawn);
    used = 0;
  }
  used += ID_BYTES;
  return drawn.toString('hex', used - ID_BYTES, used);
}

/** Every answer, errors too, says under which id it is logged. */
export function sendRequestId(app: FastifyInstance): void {
  app.addHook('onRequest', (request, reply, done) => {
    reply.header('x-request-id', request.id);
    done();
  });
}
