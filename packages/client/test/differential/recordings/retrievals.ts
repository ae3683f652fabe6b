// Completions that are asked for by an id.

import { json, type Recording } from '../recording.ts';

const ANSWER = json(200, '{"id":"chatcmpl-1","object":"chat.completion","choices":[]}');

export const RETRIEVALS = {
  'an id': { id: 'chatcmpl-1', answers: [ANSWER] },
  'an id that must be encoded': { id: 'a/b c?d:é', answers: [ANSWER] },
  'no id': { id: '', answers: [ANSWER] },
  'two dots for an id': { id: '..', answers: [ANSWER] },
  'an id that is not there': {
    id: 'chatcmpl-2',
    answers: [
      json(404, '{"error":{"message":"not there","type":"invalid_request_error","param":null,"code":null}}'),
    ],
    says: 'not there',
  },
} satisfies Record<string, Recording>;
