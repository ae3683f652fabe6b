// Plain answers: whole, failed, broken, late.

import { json, page, type RecordedAnswer, type Recording } from '../recording.ts';

const COMPLETION =
  '{"id":"chatcmpl-1","object":"chat.completion","created":1700000000,"model":"small","choices":[{"index":0,"message":{"role":"assistant","content":"Grüße","refusal":null},"logprobs":null,"finish_reason":"stop"}],"usage":{"prompt_tokens":8,"completion_tokens":1,"total_tokens":9}}';

/** The same answer, with another end. */
function ending(answer: RecordedAnswer, end: RecordedAnswer['end']): Recording {
  return { answers: [{ ...answer, ...(end && { end }) }] };
}

function failed(status: number, body: string, says: string): Recording {
  return { answers: [json(status, body)], says };
}

/** OpenAI's own body, which each status may have. */
function envelope(message: string): string {
  return `{"error":{"message":"${message}","type":"invalid_request_error","param":"model","code":"model_not_found"}}`;
}

export const ANSWERS = {
  'a completion': { answers: [json(200, COMPLETION)] },
  'a completion with a request id': { answers: [json(200, COMPLETION, { 'x-request-id': 'req_1' })] },
  'DeepSeek: blank lines before the body': { answers: [json(200, `\n\n\n${COMPLETION}`)] },
  'unknown members': {
    answers: [json(200, COMPLETION.replace('"usage"', '"provider":"x","timings":{"n":1},"usage"'))],
  },
  'numbers beyond 2^53': { answers: [json(200, '{"id":"chatcmpl-1","seed":4944116822809979520}')] },
  'a charset': {
    answers: [json(200, COMPLETION, { 'content-type': 'application/json; charset=utf-8' })],
  },
  'JSON by another name': { answers: [page(200, '{"id":"chatcmpl-1"}', 'text/plain')] },
  'JSON without a name': { answers: [{ status: 200, body: ['{"id":"chatcmpl-1"}'] }] },
  'a completion for a caller without a key': {
    answers: [json(200, '{"id":"chatcmpl-1"}')],
    client: { apiKey: null },
  },
  'a completion that holds an error': {
    answers: [json(200, COMPLETION.replace('"usage"', '"error":{"message":"crashed"},"usage"'))],
  },

  ...(Object.fromEntries(
    [400, 401, 403, 404, 409, 413, 418, 422, 429, 500, 502, 503, 504].map((status) => [
      `an error of ${status}`,
      { answers: [json(status, envelope('no'), { 'x-request-id': 'req_1' })], says: 'no' },
    ]),
  ) as Record<`an error of ${number}`, Recording>),
  'DeepSeek: an error of 402': failed(402, envelope('Insufficient Balance'), 'Insufficient Balance'),
  'vLLM: a code that is a number': failed(
    400,
    '{"error":{"object":"error","message":"too long","type":"BadRequestError","param":null,"code":400}}',
    'too long',
  ),
  'vLLM, older: an error without envelope': failed(
    400,
    '{"object":"error","message":"too long","type":"BadRequestError","param":null,"code":400}',
    'too long',
  ),
  'Mistral: an error without envelope': failed(
    400,
    '{"object":"error","message":"Invalid model: x","type":"invalid_model","param":null,"code":"1500"}',
    'Invalid model',
  ),
  'Mistral: a message that is an object': failed(
    422,
    '{"object":"error","message":{"detail":[{"type":"extra_forbidden","loc":["body","store"],"msg":"Extra inputs are not permitted"}]},"type":"invalid_request_error","param":null,"code":null}',
    'Extra inputs are not permitted',
  ),
  'Gemini: an error in a list': failed(
    400,
    '[{"error":{"code":400,"message":"Invalid JSON payload received. Unknown name \\"store\\"","status":"INVALID_ARGUMENT"}}]',
    'Unknown name',
  ),
  'Azure: a blocked prompt': failed(
    400,
    '{"error":{"message":"The response was filtered","type":null,"param":"prompt","code":"content_filter","status":400,"innererror":{"code":"ResponsibleAIPolicyViolation"}}}',
    'The response was filtered',
  ),
  'Pydantic: a list of details': failed(
    400,
    '{"detail":[{"type":"extra_forbidden","loc":["body","store"],"msg":"Extra inputs are not permitted","input":true}]}',
    'Extra inputs are not permitted',
  ),
  'ChatGPT: a detail': failed(400, '{"detail":"Store must be set to false"}', 'Store must be set to false'),
  'an error that is a string': failed(400, '{"error":"model not found"}', 'model not found'),
  'Fastify: the name of the status, and a message': failed(
    413,
    '{"statusCode":413,"error":"Payload Too Large","message":"Body is larger than 1 MB"}',
    'Body is larger than 1 MB',
  ),
  'a message alone': failed(403, '{"message":"Forbidden by policy"}', 'Forbidden by policy'),
  'an empty message': failed(400, '{"error":{"message":"","type":"bad"}}', 'bad'),
  'JSON that is null': { answers: [json(500, 'null')] },
  'JSON that is broken': failed(500, '{"error":{"message":"crash', 'crash'),
  'a page for an error': {
    answers: [page(502, '<html><head><title>502 Bad Gateway</title></head></html>')],
    says: '502 Bad Gateway',
  },
  'words for an error': {
    answers: [page(503, 'upstream connect error', 'text/plain')],
    says: 'upstream connect',
  },
  'nothing for an error': { answers: [{ status: 500 }] },
  'an error cut in its body': ending(json(500, '{"error":'), 'cut'),

  'llama.cpp: an error in a 200': failed(
    200,
    '{"error":{"code":500,"message":"crashed","type":"server_error"}}',
    'crashed',
  ),
  'Gemini: an error in a list, in a 200': failed(200, '[{"error":{"code":400,"message":"bad"}}]', 'bad'),
  'a page': { answers: [page(200, '<p>Log in</p>')] },
  words: { answers: [page(200, 'ok', 'text/plain')] },
  'an empty body': { answers: [json(200, '')] },
  'no content': { answers: [{ status: 204 }] },
  'broken JSON': { answers: [json(200, '{"id":"chatcmpl-1","cho')] },

  'no answer: the connection is closed': { answers: [{ end: 'cut' }] },
  'no answer: the connection is reset': { answers: [{ end: 'reset' }] },
  'cut in the body': ending(json(200, '{"id":'), 'cut'),
  'late: no answer': { answers: [{ end: 'silence' }], options: { timeout: 250 } },
  'late: half a body': { ...ending(json(200, '{"id":'), 'silence'), options: { timeout: 250 } },
  'aborted before the call': { answers: [json(200, COMPLETION)], abort: 'before' },
  'aborted while it waits for an answer': { answers: [{ end: 'silence' }], abort: 'said' },
  'aborted while it waits for the rest of the body': {
    ...ending(json(200, '{"id":'), 'silence'),
    abort: 'said',
  },
} satisfies Record<string, Recording>;
