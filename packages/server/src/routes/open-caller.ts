import { once } from 'node:events';
import type { ServerResponse } from 'node:http';
import { Socket } from 'node:net';

import type { FastifyReply } from 'fastify';

import type { Caller } from '../gateway/caller.ts';

/** How long a caller may take nothing of what is ready for it; then it counts as gone. */
const STALL_TIMEOUT_MS = 120_000;

/** Hands the reply to the gateway: bytes go straight to the socket. */
export function openCaller(reply: FastifyReply): Caller {
  const { raw } = reply;
  const left = new AbortController();
  raw.once('close', () => {
    if (!raw.writableFinished) left.abort();
  });

  return {
    gone: left.signal,

    get hasStarted() {
      return raw.headersSent;
    },

    start(status, headers) {
      reply.hijack();
      // Those that the middleware has set, such as the request id.
      raw.writeHead(status, { ...reply.getHeaders(), ...headers } as Record<string, string | string[]>);
      // A model may think for minutes before its first byte: the caller learns at once that it has been heard.
      raw.flushHeaders();
    },

    write(bytes) {
      return left.signal.aborted || raw.write(bytes) ? undefined : waitForDrain(raw, left.signal);
    },

    end() {
      raw.end();
    },

    cut() {
      reply.hijack();
      // A plain end would do for HTTP/1.0, and for a body without a length.
      if (raw.socket instanceof Socket) raw.socket.resetAndDestroy();
      raw.destroy();
    },
  };
}

async function waitForDrain(raw: ServerResponse, gone: AbortSignal): Promise<void> {
  // One who neither reads nor leaves would hold the upstream, and what is kept, for ever.
  const timer = setTimeout(() => raw.destroy(), STALL_TIMEOUT_MS).unref();
  // Rejects when the caller leaves while it is waited for.
  await once(raw, 'drain', { signal: gone }).catch(() => undefined);
  clearTimeout(timer);
}
