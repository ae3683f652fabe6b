// The limit for a server on fastify that reads its requests: no hooks, no checks, no log.

import Fastify from 'fastify';

import { listen } from './listen.ts';
import { passOn } from './pass-on.ts';

interface Body {
  readonly bytes: Buffer;
  readonly value: unknown;
}

const app = Fastify();
app.removeAllContentTypeParsers();
app.addContentTypeParser('application/json', { parseAs: 'buffer' }, (_request, bytes: Buffer, done) => {
  done(null, { bytes, value: JSON.parse(bytes.toString()) });
});
app.post<{ Body: Body }>('/v1/chat/completions', (request, reply) => {
  reply.hijack();
  passOn(request.body.bytes, reply.raw);
});
await app.ready();
listen(app.server);
