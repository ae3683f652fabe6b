// Answers that may be asked for again. The waits are short; where a server says none, nothing is tried again.

import { json, type Recording } from '../recording.ts';

const OK = json(200, '{"id":"chatcmpl-1","object":"chat.completion","choices":[]}');
const ERROR = '{"error":{"message":"again","type":"server_error","param":null,"code":null}}';

function again(status: number, headers: Readonly<Record<string, string>>, maxRetries = 1): Recording {
  return { answers: [json(status, ERROR, headers), OK], options: { maxRetries }, says: 'again' };
}

const AT_ONCE = { 'retry-after-ms': '1' };

export const RETRIES = {
  ...(Object.fromEntries(
    [400, 401, 403, 404, 408, 409, 413, 422, 425, 429, 500, 502, 503, 504, 529].map((status) => [
      `after ${status}`,
      again(status, AT_ONCE),
    ]),
  ) as Record<`after ${number}`, Recording>),
  twice: { answers: [json(429, ERROR, AT_ONCE), json(500, ERROR, AT_ONCE), OK], options: { maxRetries: 2 } },
  'until the last': { answers: [json(429, ERROR, AT_ONCE)], options: { maxRetries: 2 }, says: 'again' },
  none: again(429, AT_ONCE, 0),
  'of a 400, as the server advises': again(400, { ...AT_ONCE, 'x-should-retry': 'true' }),
  'not of a 429, as the server advises': again(429, { ...AT_ONCE, 'x-should-retry': 'false' }),
  'after no second': again(429, { 'retry-after': '0' }),
  'after more than a minute': again(429, { 'retry-after': '61' }),
  'of an error inside a 200': {
    answers: [json(200, ERROR, AT_ONCE), OK],
    options: { maxRetries: 1 },
    says: 'again',
  },
} satisfies Record<string, Recording>;
