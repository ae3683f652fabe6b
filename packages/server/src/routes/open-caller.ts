import { once } from 'node:events';

import type { FastifyReply } from 'fastify';

import type { Caller } from '../gateway/caller.ts';

/** Hands the reply to the gateway: bytes go straight to the socket. */
export function openCaller(reply: FastifyReply): Caller {
  const { raw } = reply;
  const left = new AbortController();
  raw.once('close', () => {
    if (!raw.writableFinished) left.abort();
  });

  return {
    gone: left.signal,

    start(status, headers) {
      reply.hijack();
      // Those that the middleware has set, such as the request id.
      raw.writeHead(status, { ...reply.getHeaders(), ...headers } as Record<string, string | string[]>);
      // A model may think for minutes before its first byte: the caller learns at once that it has been heard.
      raw.flushHeaders();
    },

    async write(bytes) {
      if (left.signal.aborted || raw.write(bytes)) return;
      // Rejects when the caller leaves while it is waited for.
      await once(raw, 'drain', { signal: left.signal }).catch(() => undefined);
    },

    end() {
      raw.end();
    },

    cut() {
      reply.hijack();
      raw.destroy();
    },
  };
}
