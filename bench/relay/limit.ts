// L, the limit for Node: what any relay does, and nothing else. It looks into nothing, checks nothing, logs nothing.

import { createServer } from 'node:http';

import { listen } from './listen.ts';
import { passOn } from './pass-on.ts';

const server = createServer((request, response) => {
  const pieces: Buffer[] = [];
  request.on('data', (piece: Buffer) => pieces.push(piece));
  request.once('end', () => passOn(Buffer.concat(pieces), response));
});
listen(server);
