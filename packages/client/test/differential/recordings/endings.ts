// Streams that do not end well: broken, stalled, left, or with an error inside.

import { chunksWith, data, DONE, json, page, stream, type Recording } from '../recording.ts';

const chunk = chunksWith(
  '"id":"chatcmpl-1","object":"chat.completion.chunk","created":1700000000,"model":"small"',
);
const ROLE = chunk('"choices":[{"index":0,"delta":{"role":"assistant","content":""},"finish_reason":null}]');
const TEXT = chunk('"choices":[{"index":0,"delta":{"content":"Hello"},"finish_reason":null}]');
const STOP = chunk('"choices":[{"index":0,"delta":{},"finish_reason":"stop"}]');
const OTHER = chunk(
  '"choices":[{"index":1,"delta":{"role":"assistant","content":"x"},"finish_reason":null}]',
);

/** The same stream, with another end. */
function ending({ answers: [answer], ...others }: ReturnType<typeof stream>, end: object): Recording {
  return { ...others, answers: [{ ...answer, ...end }] };
}

/** Less than the patience of the replay, and long for a loaded machine; in milliseconds. */
const SHORT = { timeout: 250, idleTimeout: 250 };

export const ENDINGS = {
  'ends after some text': stream(ROLE, TEXT),
  'ends in the middle of an event': stream(ROLE, TEXT.slice(0, 60)),
  'ends in the middle of a character': stream(ROLE, TEXT.slice(0, 60), Uint8Array.of(0xc3)),
  'ends before one of two choices does': stream(ROLE, OTHER, STOP),
  'ends before any event': stream(),
  'ends after comments alone': stream(': keep-alive\n\n'),
  'is cut after some text': ending(stream(ROLE, TEXT), { end: 'cut', taken: 2 }),
  'is cut in the middle of an event': ending(stream(ROLE, TEXT.slice(0, 60)), { end: 'cut', taken: 1 }),
  'is cut after its last chunk, before [DONE]': ending(stream(ROLE, STOP), { end: 'cut', taken: 2 }),
  'is reset after some text': ending(stream(ROLE, TEXT), { end: 'reset', taken: 2 }),

  'goes on in silence after [DONE]': ending(stream(ROLE, STOP, DONE), { end: 'silence' }),
  'goes on with comments after [DONE]': ending(stream(ROLE, STOP, DONE), { end: 'comments' }),
  stalls: { ...ending(stream(ROLE, TEXT), { end: 'silence' }), options: SHORT },
  'stalls, with comments that keep the connection open': {
    ...ending(stream(ROLE, TEXT), { end: 'comments' }),
    options: SHORT,
  },
  'never begins': { answers: [{ end: 'silence' }], options: SHORT },

  'is aborted before the call': { ...stream(ROLE, TEXT, STOP, DONE), abort: 'before' },
  'is aborted in the loop': {
    ...ending(stream(ROLE, TEXT), { end: 'silence' }),
    abort: { after: 2, by: 'signal' },
  },
  'is aborted in the loop, with more chunks at hand': {
    ...stream(ROLE + TEXT + STOP + DONE),
    abort: { after: 1, by: 'signal' },
  },
  'is aborted in the loop by its own controller': {
    ...ending(stream(ROLE, TEXT), { end: 'silence' }),
    abort: { after: 2, by: 'stream.controller' },
  },
  'is left by a break': {
    ...ending(stream(ROLE, TEXT), { end: 'silence' }),
    abort: { after: 1, by: 'break' },
  },

  'vLLM: an error, then [DONE]': {
    ...stream(
      data(
        '{"error":{"object":"error","message":"too long","type":"BadRequestError","param":null,"code":400}}',
      ),
      DONE,
    ),
    says: 'too long',
  },
  'vLLM, older: an error without envelope': {
    ...stream(
      data('{"object":"error","message":"too long","type":"BadRequestError","param":null,"code":400}'),
      DONE,
    ),
    says: 'too long',
  },
  'OpenRouter: an error in a chunk': {
    ...stream(
      ROLE,
      chunk(
        '"provider":"x","error":{"code":502,"message":"Provider disconnected"},"choices":[{"index":0,"delta":{"content":""},"finish_reason":"error"}]',
      ),
      DONE,
    ),
    says: 'Provider disconnected',
  },
  'LM Studio: an event called error': {
    ...stream(ROLE, 'event: error\ndata: {"error":{"message":"crashed"},"message":"crashed"}\n\n'),
    says: 'crashed',
  },
  'llama.cpp, older: an error in a field of that name': {
    ...stream(ROLE, 'error: {"code":500,"message":"crashed","type":"server_error"}\n\n'),
    says: 'crashed',
  },
  'an event called error, without an envelope': {
    ...stream(ROLE, 'event: error\ndata: {"message":"crashed","code":"oops"}\n\n'),
    says: 'crashed',
  },
  'an event called error, in plain words': {
    ...stream(ROLE, 'event: error\ndata: crashed\n\n'),
    says: 'crashed',
  },
  'an error that is a string': { ...stream(ROLE, data('{"error":"crashed"}')), says: 'crashed' },
  'an error behind chunks in one piece': {
    ...stream(ROLE + TEXT + data('{"error":{"message":"crashed","code":null}}')),
    says: 'crashed',
  },
  'an error in the last event, without a blank line': {
    ...stream(ROLE, data('{"error":{"message":"crashed"}}').trimEnd()),
    says: 'crashed',
  },
  'a member `error` that is null': stream(
    chunk('"error":null,"choices":[{"index":0,"delta":{"content":"x"},"finish_reason":"stop"}]'),
    DONE,
  ),
  'an event that is not JSON': stream(ROLE, data('{"id":'), STOP, DONE),
  'events of JSON that are no objects': stream(data('null'), data('1'), data('"x"'), STOP, DONE),

  'Gemini: JSON with an error for a stream': {
    answers: [json(200, '[{"error":{"code":429,"message":"quota","status":"RESOURCE_EXHAUSTED"}}]')],
    says: 'quota',
  },
  'llama.cpp: JSON with an error for a stream': {
    answers: [json(200, '{"error":{"code":500,"message":"crashed","type":"server_error"}}')],
    says: 'crashed',
  },
  'a whole completion for a stream': {
    answers: [json(200, '{"id":"chatcmpl-1","object":"chat.completion","choices":[]}')],
  },
  'a page for a stream': { answers: [page(200, '<p>Log in</p>')] },
  'no content for a stream': { answers: [{ status: 204 }] },
  'a refusal for a stream': {
    answers: [
      json(429, '{"error":{"message":"slow down","type":"requests","param":null,"code":"rate_limit"}}'),
    ],
    says: 'slow down',
  },
} satisfies Record<string, Recording>;
