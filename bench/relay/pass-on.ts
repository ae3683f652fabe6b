import type { OutgoingHttpHeaders } from 'node:http';

import { Pool } from 'undici';

const { UPSTREAM = '' } = process.env;
const pool = new Pool(new URL(UPSTREAM).origin, { headersTimeout: 0, bodyTimeout: 0 });

/** What takes the pieces of an answer, such as the response itself. */
export interface Answer {
  writeHead(status: number, headers: OutgoingHttpHeaders): unknown;
  /** Returns false if the next piece should wait for `drain`. */
  write(piece: Buffer): boolean;
  once(event: 'drain', listener: () => void): unknown;
  end(): unknown;
  destroy(): unknown;
}

/** Asks the upstream, and hands on what comes, piece by piece: what any relay in Node does, and nothing else. */
export function passOn(body: Buffer, response: Answer): void {
  pool.dispatch(
    {
      path: '/v1/chat/completions',
      method: 'POST',
      headers: { 'content-type': 'application/json', authorization: 'Bearer none' },
      body,
    },
    {
      onRequestStart: () => undefined,
      onResponseStart(_controller, status, headers) {
        const relayed: OutgoingHttpHeaders = { 'content-type': String(headers['content-type']) };
        const { 'content-length': length } = headers;
        if (length !== undefined) relayed['content-length'] = String(length);
        response.writeHead(status, relayed);
      },
      onResponseData(controller, piece) {
        if (response.write(piece)) return;
        controller.pause();
        response.once('drain', () => controller.resume());
      },
      onResponseEnd: () => response.end(),
      onResponseError: () => response.destroy(),
    },
  );
}
