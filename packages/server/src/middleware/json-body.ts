// Bodies are JSON in UTF-8. The text is kept beside the value: the store keeps it, and upstreams get it, as it was sent.

import type { FastifyInstance, FastifyRequest } from 'fastify';
import { parse } from 'secure-json-parse';

import { ApiError } from '../api-error.ts';
import { readErrorMessage } from '../error-message.ts';
import { measureDepth, type JsonBytes } from '../json/members.ts';

declare module 'fastify' {
  interface FastifyRequest {
    /** The body's JSON text; empty if there is none. */
    json: JsonBytes;
  }
}

/** Room for a long conversation with images. */
export const MAX_BODY_BYTES = 67_108_864;
/** Tool schemas nest by a dozen or two. */
const MAX_DEPTH = 128;
/** Some Windows tools put it before UTF-8; JSON has no place for it. */
const BYTE_ORDER_MARK = Buffer.of(0xef, 0xbb, 0xbf);

export function parseJsonBodies(app: FastifyInstance): void {
  app.decorateRequest('json');
  app.removeAllContentTypeParsers();
  app.addContentTypeParser(
    'application/json',
    { parseAs: 'buffer' },
    async (request: FastifyRequest, body: Buffer) => {
      checkEncoding(request);
      request.json = body.subarray(0, BYTE_ORDER_MARK.length).equals(BYTE_ORDER_MARK)
        ? body.subarray(BYTE_ORDER_MARK.length)
        : body;
      // DELETE has none, whatever its content type.
      return body.length === 0 ? undefined : parseJson(request.json);
    },
  );
}

function checkEncoding({ headers }: FastifyRequest): void {
  const charset =
    /;\s*charset="?([^";]+)/i
      .exec(headers['content-type'] ?? '')?.[1]
      ?.trim()
      .toLowerCase() ?? 'utf-8';
  if (charset !== 'utf-8' && charset !== 'utf8') {
    throw new ApiError('unsupported_media_type', `The charset '${charset}' is not read: send JSON in UTF-8.`);
  }
  const encoding = headers['content-encoding'] ?? 'identity';
  if (encoding !== 'identity') {
    throw new ApiError(
      'unsupported_media_type',
      `The content encoding '${encoding}' is not read: send plain JSON.`,
    );
  }
}

function parseJson(body: JsonBytes): unknown {
  if (measureDepth(body, MAX_DEPTH) > MAX_DEPTH) {
    throw new ApiError('malformed_request', `The body is nested deeper than ${MAX_DEPTH} levels.`);
  }
  try {
    const text = new TextDecoder('utf-8', { fatal: true }).decode(body);
    // A member named __proto__ has no use but mischief further down the road.
    return parse(text, undefined, { protoAction: 'error', constructorAction: 'ignore' });
  } catch (error) {
    const detail = describe(error);
    throw new ApiError('malformed_request', `The body could not be read as JSON in UTF-8: ${detail}`, {
      cause: error,
    });
  }
}

function describe(error: unknown): string {
  const message = readErrorMessage(error);
  return message.includes('forbidden prototype') ? "a member is named '__proto__'; rename it" : message;
}
