import type { FastifyRequest } from 'fastify';

/** The path as it was sent, without the query, which may hold what people have written. */
export function readPath({ url }: Pick<FastifyRequest, 'url'>): string {
  const mark = url.indexOf('?');
  return mark === -1 ? url : url.slice(0, mark);
}
