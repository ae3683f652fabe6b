// L, the limit for Node: what any relay does, and nothing else. It looks into nothing, checks nothing, logs nothing.

import { createServer, type OutgoingHttpHeaders } from 'node:http';

import { Pool } from 'undici';

import { listen } from './listen.ts';

const { UPSTREAM = '' } = process.env;
const pool = new Pool(new URL(UPSTREAM).origin, { headersTimeout: 0, bodyTimeout: 0 });

const server = createServer((request, response) => {
  const pieces: Buffer[] = [];
  request.on('data', (piece: Buffer) => pieces.push(piece));
  request.once('end', () => {
    pool.dispatch(
      {
        path: '/v1/chat/completions',
        method: 'POST',
        headers: { 'content-type': 'application/json', authorization: 'Bearer none' },
        body: Buffer.concat(pieces),
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
  });
});
listen(server);
