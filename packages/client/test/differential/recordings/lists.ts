// Lists over several answers.

import { json, type Recording } from '../recording.ts';

const A = '{"id":"chatcmpl-a","object":"chat.completion"}';
const B = '{"id":"chatcmpl-b","object":"chat.completion"}';

function pages(...bodies: readonly [string, ...string[]]): Recording {
  const [first, ...others] = bodies.map((body) => json(200, body));
  return { answers: [first ?? json(200, ''), ...others] };
}

export const LISTS = {
  'two pages': pages(
    `{"object":"list","data":[${A}],"first_id":"chatcmpl-a","last_id":"chatcmpl-a","has_more":true}`,
    `{"object":"list","data":[${B}],"first_id":"chatcmpl-b","last_id":"chatcmpl-b","has_more":false}`,
  ),
  'an empty list': pages('{"object":"list","data":[],"first_id":null,"last_id":null,"has_more":false}'),
  'an empty page that promises more': pages(
    '{"object":"list","data":[],"first_id":null,"last_id":null,"has_more":true}',
  ),
  'a page that does not say whether more follows': pages(
    `{"object":"list","data":[${A}]}`,
    '{"object":"list","data":[]}',
  ),
  'no data': pages('{"object":"list","data":null,"has_more":false}'),
  'an item without id, before more': pages('{"object":"list","data":[{"object":"x"}],"has_more":true}'),
  'a query with metadata, and what is undefined or odd': {
    ...pages('{"object":"list","data":[],"has_more":false}'),
    query: {
      metadata: { 'a key': 'a&b=c', topic: '' },
      limit: 2,
      order: 'desc',
      after: undefined,
      model: 'ü/x',
    },
  },
  'options in the place of the query': {
    ...pages('{"object":"list","data":[],"has_more":false}'),
    query: { headers: { 'x-own': 'a' } },
  },
  'an error on the second page': {
    answers: [
      json(200, `{"object":"list","data":[${A}],"has_more":true}`),
      json(404, '{"error":{"message":"gone","type":"invalid_request_error","param":"after","code":null}}'),
    ],
    says: 'gone',
  },
} satisfies Record<string, Recording>;
