import { createServer, type Server, type ServerResponse } from 'node:http';

/** Hands each request on once its body has come, and does nothing else. */
export function createBareServer(answer: (body: Buffer, response: ServerResponse) => void): Server {
  return createServer((request, response) => {
    const pieces: Buffer[] = [];
    request.on('data', (piece: Buffer) => pieces.push(piece));
    request.once('end', () => answer(Buffer.concat(pieces), response));
  });
}
