// Streams that say the same as OpenAI's, in every way in which an event stream may be written and sent.
// @see https://html.spec.whatwg.org/multipage/server-sent-events.html#parsing-an-event-stream

import { data, DONE, stream, type Recording } from '../recording.ts';

const HEAD = '"id":"chatcmpl-1","object":"chat.completion.chunk","created":1700000000,"model":"small"';
const ROLE = `{${HEAD},"choices":[{"index":0,"delta":{"role":"assistant","content":""},"finish_reason":null}]}`;
const TEXT = `{${HEAD},"choices":[{"index":0,"delta":{"content":"Grüße 👋"},"finish_reason":null}]}`;
const STOP = `{${HEAD},"choices":[{"index":0,"delta":{},"finish_reason":"stop"}]}`;

/** The stream as OpenAI sends it, changed by `change`. */
function rewritten(change: (text: string) => string): string {
  return change(data(ROLE) + data(TEXT) + data(STOP) + DONE);
}

const bytes = Buffer.from(data(ROLE) + data(TEXT) + data(STOP) + DONE);

export const FRAMING = {
  'events, each in a piece of its own': stream(data(ROLE), data(TEXT), data(STOP), DONE),
  'all events in one piece': stream(rewritten((text) => text)),
  'every byte in a piece of its own': stream(...Array.from(bytes, (byte) => Uint8Array.of(byte))),
  CRLF: stream(rewritten((text) => text.replaceAll('\n', '\r\n'))),
  'CRLF, cut between CR and LF': stream(
    ...rewritten((text) => text.replaceAll('\n', '\r\n')).split(/(?<=\r)(?=\n)/),
  ),
  CR: stream(rewritten((text) => text.replaceAll('\n', '\r'))),
  'a byte order mark': stream(rewritten((text) => `\uFEFF${text}`)),
  'no space after the colon': stream(rewritten((text) => text.replaceAll('data: ', 'data:'))),
  'an event in several data lines': stream(
    rewritten((text) => text.replaceAll(',"choices"', ',\ndata: "choices"')),
  ),
  comments: stream(rewritten((text) => text.replaceAll('data: ', ': keep-alive\n\n: and more\ndata: '))),
  'ids, retry times and names of events': stream(
    rewritten((text) => text.replaceAll('data: ', 'id: 1\nretry: 3000\nevent: message\ndata: ')),
  ),
  'a name without data, such as a ping': stream(data(ROLE), 'event: ping\n\n', data(STOP), DONE),
  'an empty event': stream(data(ROLE), 'data:\n\n', data(STOP), DONE),
  'blank lines': stream(rewritten((text) => `\n\n${text.replaceAll('data: ', '\n\ndata: ')}`)),
  'no blank line at the end': stream(rewritten((text) => text.trimEnd())),
  'bytes after [DONE]': stream(data(ROLE), data(STOP), `${DONE}data: {"not`, '": "read"}\n\n'),
  'an error after [DONE]': stream(data(ROLE), data(STOP), `${DONE}event: error\ndata: too late\n\n`),
  'an event of 100 kB': stream(data(ROLE.replace('""', `"${'x'.repeat(100_000)}"`)), data(STOP), DONE),
  'another content type': {
    answers: [
      {
        status: 200,
        headers: { 'content-type': 'text/plain' },
        body: [data(ROLE), data(TEXT), data(STOP), DONE],
      },
    ],
  },
} satisfies Record<string, Recording>;
