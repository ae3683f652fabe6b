// Bodies are JSON in UTF-8. The text is kept beside the value: the store keeps it, and upstreams get it, as it was sent.

import { isUtf8 } from 'node:buffer';

import type { FastifyInstance, FastifyRequest } from 'fastify';
import { parse } from 'secure-json-parse';

import { ApiError } from '../api-error.ts';
import { readErrorMessage } from '../error-message.ts';
import { measureDepth, type JsonBytes } from '../json/members.ts';
import { MAX_PARSED_BYTES, outlineMessages } from '../json/outline-messages.ts';

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
    (request: FastifyRequest, body: Buffer, done) => {
      try {
        checkEncoding(request);
        const json = skipByteOrderMark(body);
        request.json = json;
        // DELETE has none, whatever its content type.
        done(null, body.length === 0 ? undefined : parseJson(json));
      } catch (error) {
        done(error as ApiError);
      }
    },
  );
}

function skipByteOrderMark(body: Buffer): Buffer {
  const { length } = BYTE_ORDER_MARK;
  return body[0] === BYTE_ORDER_MARK[0] && body.subarray(0, length).equals(BYTE_ORDER_MARK)
    ? body.subarray(length)
    : body;
}

function checkEncoding({ headers }: FastifyRequest): void {
  // What nearly everybody sends.
  if (headers['content-type'] === 'application/json' && headers['content-encoding'] === undefined) return;
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

function parseJson(body: Buffer): unknown {
  try {
    if (!isUtf8(body)) throw new TypeError('it holds bytes that are no UTF-8');
    const json = body.length > MAX_PARSED_BYTES ? outlineMessages(body) : body;
    const text = json.toString();
    if (mayBeTooDeep(text) && measureDepth(json, MAX_DEPTH) > MAX_DEPTH) {
      throw new ApiError('malformed_request', `The body is nested deeper than ${MAX_DEPTH} levels.`);
    }
    // A member named __proto__ has no use but mischief further down the road. It is rare, and looking for it thoroughly
    // takes as long as parsing.
    return maySpellProto(text)
      ? parse(text, undefined, { protoAction: 'error', constructorAction: 'ignore' })
      : JSON.parse(text);
  } catch (error) {
    if (error instanceof ApiError) throw error;
    const detail = describe(error);
    throw new ApiError('malformed_request', `The body could not be read as JSON in UTF-8: ${detail}`, {
      cause: error,
    });
  }
}

/** A text is no deeper than it has brackets, and most have few: counting them spares the look at every byte. */
function mayBeTooDeep(text: string): boolean {
  let count = 0;
  for (const bracket of ['{', '[']) {
    for (let at = text.indexOf(bracket); at !== -1; at = text.indexOf(bracket, at + 1)) {
      count += 1;
      if (count > MAX_DEPTH) return true;
    }
  }
  return false;
}

/** Its underscores may be escaped. */
function maySpellProto(text: string): boolean {
  return text.includes('__') || text.includes('\\u005');
}

function describe(error: unknown): string {
  const message = readErrorMessage(error);
  return message.includes('forbidden prototype') ? "a member is named '__proto__'; rename it" : message;
}
