import type { OutgoingHttpHeaders, ServerResponse } from 'node:http';
import { Socket } from 'node:net';

import type { FastifyReply } from 'fastify';

import { AbortFlag } from '../abort-flag.ts';
import { atTurnEnd } from '../at-turn-end.ts';
import type { Caller } from '../gateway/caller.ts';

/** How long a caller may take nothing of what is ready for it; then it counts as gone. */
const STALL_TIMEOUT_MS = 120_000;

/** Hands the reply to the gateway: bytes go to the socket as they are. */
export function openCaller(reply: FastifyReply): Caller {
  return new ReplyCaller(reply);
}

/**
 * A class, since a getter in an object literal gives each object a shape of its own, which stays, with all that the
 * getter refers to, until the next full collection of garbage.
 */
class ReplyCaller implements Caller {
  readonly gone = new AbortFlag();
  readonly #reply: FastifyReply;
  readonly #raw: ServerResponse;
  #isHeld = false;
  #hasEnded = false;

  constructor(reply: FastifyReply) {
    this.#reply = reply;
    this.#raw = reply.raw;
    this.#raw.on('close', () => {
      if (!this.#raw.writableFinished) this.gone.abort();
    });
  }

  get hasStarted(): boolean {
    return this.#raw.headersSent;
  }

  setHeaders(headers: Readonly<Record<string, string>>): void {
    this.#reply.headers(headers);
  }

  start(status: number, headers: Readonly<Record<string, string | string[]>>): void {
    const raw = this.#raw;
    this.#reply.hijack();
    this.#hold();
    // Those that were set before, such as the request id, and those of the answer.
    raw.writeHead(status, Object.assign(this.#reply.getHeaders(), headers) as OutgoingHttpHeaders);
    // A model may think for minutes before its first byte: the caller learns at once that it has been heard.
    raw.flushHeaders();
  }

  write(bytes: Uint8Array): Promise<void> | undefined {
    if (this.gone.aborted) return undefined;
    return this.#raw.write(bytes) ? undefined : waitForDrain(this.#raw);
  }

  end(): void {
    this.#hold();
    this.#hasEnded = true;
  }

  cut(): void {
    this.#reply.hijack();
    // A plain end would do for HTTP/1.0, and for a body without a length.
    if (this.#raw.socket instanceof Socket) this.#raw.socket.resetAndDestroy();
    this.#raw.destroy();
  }

  readonly #send = (): void => {
    this.#isHeld = false;
    // The end uncorks as well, and leaves the socket to the next answer.
    if (this.#hasEnded) this.#raw.end();
    else this.#raw.socket?.uncork();
  };

  /** What is written in this turn leaves at its end. */
  #hold(): void {
    if (this.#isHeld) return;
    this.#isHeld = true;
    this.#raw.socket?.cork();
    atTurnEnd(this.#send);
  }
}

/** Resolves when the caller takes more, or has gone. */
function waitForDrain(raw: ServerResponse): Promise<void> {
  return new Promise((resolve) => {
    // One who neither reads nor leaves would hold the upstream, and what is kept, for ever.
    const timer = setTimeout(() => raw.destroy(), STALL_TIMEOUT_MS).unref();
    const goOn = (): void => {
      clearTimeout(timer);
      raw.off('drain', goOn).off('close', goOn);
      resolve();
    };
    raw.once('drain', goOn).once('close', goOn);
  });
}
