// Every refusal leaves in the wire shape: ours, fastify's, and those of requests too broken to reach a route.

import type { Socket } from 'node:net';

import type { ERROR_KINDS } from '@colloquy/client/contract';
import type { FastifyError, FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';

import { ApiError } from '../api-error.ts';
import { toApiError } from '../gateway/to-api-error.ts';
import type { CheckAccess } from './access.ts';
import { letPageRead } from './cors.ts';
import { describeInvalid } from './describe-invalid.ts';
import { MAX_BODY_BYTES } from './json-body.ts';
import { readPath } from './read-path.ts';

const MAX_QUOTED = 200;

export function answerErrors(app: FastifyInstance): void {
  app.setErrorHandler(sendError);
  app.setNotFoundHandler(async (request) => {
    throw new ApiError('url_not_found', `Invalid URL (${request.method} ${clip(readPath(request))})`);
  });
}

/** For requests that do not come as far as the first hook, such as one whose URL cannot be decoded. */
export function createEarlyErrorHandler(checkAccess: CheckAccess): typeof sendError {
  return (error, request, reply) => {
    reply.header('x-request-id', request.id);
    try {
      checkAccess(request);
    } catch (refusal) {
      sendError(refusal, request, reply);
      return;
    }
    letPageRead(request, reply);
    sendError(error, request, reply);
  };
}

function sendError(error: unknown, request: FastifyRequest, reply: FastifyReply): void {
  const answer = readError(error);
  // A caller that left in the middle of its request is no fault of ours.
  const isOurs = answer.status >= 500 && !request.raw.destroyed;
  // Not the message: it may quote what a model said.
  if (isOurs) request.log.error({ kind: answer.kind, err: answer.cause }, 'request failed');
  reply.code(answer.status).headers(answer.headers).send(answer.toBody());
}

/** Fastify's own refusals in our words; every other error is read as everywhere. */
function readError(error: unknown): ApiError {
  const { code, validation, validationContext, statusCode = 500, message } = error as Partial<FastifyError>;
  if (validation !== undefined) return describeInvalid(validation, validationContext);
  if (code === 'FST_ERR_CTP_BODY_TOO_LARGE') {
    return new ApiError('request_too_large', `The body is larger than ${MAX_BODY_BYTES} bytes.`);
  }
  if (code === 'FST_ERR_CTP_INVALID_MEDIA_TYPE') {
    return new ApiError(
      'unsupported_media_type',
      'Send the body as JSON, with the header content-type: application/json.',
    );
  }
  // The rest, such as a URL that cannot be decoded: their messages hold nothing of ours.
  if (code?.startsWith('FST_') && statusCode < 500)
    return new ApiError('malformed_request', clip(message ?? code));
  return toApiError(error);
}

/** A URL may be 16 KB long; quoting its beginning says enough. */
function clip(text: string): string {
  return text.length > MAX_QUOTED ? `${text.slice(0, MAX_QUOTED)}…` : text;
}

const KIND_BY_SOCKET_ERROR: Readonly<Record<string, keyof typeof ERROR_KINDS>> = {
  ERR_HTTP_REQUEST_TIMEOUT: 'request_timeout',
  HPE_HEADER_OVERFLOW: 'headers_too_large',
};

/** For what is no HTTP: there is no request to answer, only a socket. */
export function answerBrokenRequest(error: Error & { code?: string }, socket: Socket): void {
  // What was sent may be a part of an answer, which this must not be taken for.
  if (error.code === 'ECONNRESET' || !socket.writable || socket.bytesWritten > 0) {
    socket.destroy();
    return;
  }
  const answer = new ApiError(
    KIND_BY_SOCKET_ERROR[error.code ?? ''] ?? 'malformed_request',
    `The request could not be read as HTTP: ${error.message}`,
  );
  const body = JSON.stringify(answer.toBody());
  socket.end(
    `HTTP/1.1 ${answer.status} \r\ncontent-type: application/json\r\ncontent-length: ${Buffer.byteLength(body)}\r\nconnection: close\r\n\r\n${body}`,
  );
}
