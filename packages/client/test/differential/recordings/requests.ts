// Calls that are looked at for what they send.

import { json, type Recording } from '../recording.ts';

const ANSWER = json(200, '{"id":"chatcmpl-1","object":"chat.completion","choices":[]}');
/** No parameter of the API. */
const UNKNOWN = { unknown: [1, null] };

export const REQUESTS = {
  'a create': { answers: [ANSWER] },
  'a create that is kept': { answers: [ANSWER], params: { store: true, metadata: { topic: 'x' } } },
  'a create with an idempotency key': { answers: [ANSWER], options: { idempotencyKey: 'key-1' } },
  'a create with headers and a query': {
    answers: [ANSWER],
    options: { headers: { 'x-own': 'a', accept: 'x/y' }, query: { a: 'b' } },
  },
  'a create of another organization and project': {
    answers: [ANSWER],
    client: { organization: 'org-1', project: 'proj-1' },
  },
  'a create with a key from a function': { answers: [ANSWER], client: { apiKey: async () => 'fresh' } },
  'a create with headers and a query of the client': {
    answers: [ANSWER],
    client: {
      defaultHeaders: { 'x-own': 'a', authorization: null, accept: undefined },
      defaultQuery: { 'api-version': '1' },
    },
  },
  'unknown parameters, and those that are undefined': {
    answers: [ANSWER],
    params: { ...UNKNOWN, temperature: undefined },
  },
} satisfies Record<string, Recording>;

/** The one for which `openai` tells most about the machine. */
export const TIMED_REQUEST = {
  'a create with a time limit': { answers: [ANSWER], options: { timeout: 5000 } },
} satisfies Record<string, Recording>;
