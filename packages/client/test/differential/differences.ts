// Every difference between `openai` and this client that the recordings show. The migration page lists these, and no
// others: docs/migration.md. A difference that is not here, or no longer is one, fails the tests.

import type { Differing } from './compare.ts';
import type { VIEWS } from './views.ts';

/** By view and recording, what differs there. */
export type Shown = {
  readonly [View in keyof typeof VIEWS]?: {
    readonly [Name in keyof (typeof VIEWS)[View]['recordings']]?: Differing;
  };
};

export interface Difference {
  /** `better`: nothing to do. `other`: somebody's code may rely on it. */
  readonly kind: 'better' | 'other';
  /** What happens, what `openai` makes of it, and what this client does: a row of the page, in Markdown. */
  readonly when: string;
  readonly openai: string;
  readonly colloquy: string;
  readonly shownBy: Shown;
}

/** The loop ends as if all were well, against our connection error. */
const NOTICED: Differing = { error: [undefined, 'APIConnectionError'] };
const BROKEN: Differing = { error: ['TypeError', 'APIConnectionError'] };
const STALLED: Differing = {
  error: ['TypeError', 'APIConnectionTimeoutError'],
  waits: ['until the server gives up', undefined],
};
const ABORTED: Differing = { error: [undefined, 'APIUserAbortError'] };
const NOT_JSON: Differing = { error: ['SyntaxError', 'ColloquyError'] };

export const DIFFERENCES: readonly Difference[] = [
  {
    kind: 'better',
    when: 'A stream ends before its completion does',
    openai: 'The loop ends as after a whole answer; within an event, a `SyntaxError`',
    colloquy: '`APIConnectionError`',
    shownBy: {
      iterated: {
        'ends after some text': NOTICED,
        'ends in the middle of an event': { error: ['SyntaxError', 'APIConnectionError'] },
        'ends in the middle of a character': { error: ['SyntaxError', 'APIConnectionError'] },
        'ends before one of two choices does': NOTICED,
        'ends before any event': NOTICED,
        'ends after comments alone': NOTICED,
      },
    },
  },
  {
    kind: 'better',
    when: 'The connection breaks in the middle of an answer',
    openai: 'The `TypeError` of the runtime',
    colloquy: '`APIConnectionError`, with that as its `cause`',
    shownBy: {
      iterated: {
        'is cut after some text': BROKEN,
        'is cut in the middle of an event': BROKEN,
        'is cut after its last chunk, before [DONE]': BROKEN,
        'is reset after some text': BROKEN,
      },
      awaited: { 'cut in the body': BROKEN },
    },
  },
  {
    kind: 'better',
    when: 'A stream stalls, in silence or with comments that keep its connection open',
    openai: 'The loop waits until the server closes the connection',
    colloquy: '`APIConnectionTimeoutError` after `idleTimeout`, 10 minutes unless set',
    shownBy: {
      iterated: { stalls: STALLED, 'stalls, with comments that keep the connection open': STALLED },
    },
  },
  {
    kind: 'better',
    when: 'The signal, or `stream.controller`, aborts in the loop',
    openai: 'The loop ends as after a whole answer',
    colloquy: '`APIUserAbortError`',
    shownBy: {
      iterated: {
        'is aborted in the loop': ABORTED,
        'is aborted in the loop, with more chunks at hand': ABORTED,
        'is aborted in the loop by its own controller': ABORTED,
      },
    },
  },
  {
    kind: 'better',
    when: 'A stream brings an error without the envelope `{"error": …}`',
    openai: 'The loop gets it as a chunk',
    colloquy: '`APIError`',
    shownBy: {
      iterated: {
        'vLLM, older: an error without envelope': {
          'chunk 0': [
            { object: 'error', message: 'too long', type: 'BadRequestError', param: null, code: 400 },
            undefined,
          ],
          error: [undefined, 'APIError'],
          code: [undefined, '400'],
          type: [undefined, 'BadRequestError'],
          says: [undefined, true],
        },
      },
    },
  },
  {
    kind: 'better',
    when: 'A stream brings an event called `error`, in plain words',
    openai: '`SyntaxError`, without the words',
    colloquy: '`APIError`, with the words',
    shownBy: {
      iterated: {
        'an event called error, in plain words': { error: ['SyntaxError', 'APIError'], says: [false, true] },
      },
    },
  },
  {
    kind: 'better',
    when: 'A stream brings an error in a field `error:`, as older llama.cpp sends it',
    openai: 'The loop ends as after a whole answer',
    colloquy: '`APIError`, with the words of the server',
    shownBy: {
      iterated: {
        'llama.cpp, older: an error in a field of that name': {
          error: [undefined, 'APIError'],
          code: [undefined, '500'],
          type: [undefined, 'server_error'],
          says: [undefined, true],
        },
      },
    },
  },
  {
    kind: 'better',
    when: 'The answer to `stream: true` is no stream',
    openai: 'The loop ends without a chunk; without a body, an `OpenAIError`',
    colloquy:
      'An error in JSON is thrown as `APIError`, other JSON and pages as `ColloquyError`, the rest as `APIConnectionError`',
    shownBy: {
      iterated: {
        'Gemini: JSON with an error for a stream': {
          error: [undefined, 'APIError'],
          status: [undefined, 200],
          code: [undefined, '429'],
          says: [undefined, true],
        },
        'llama.cpp: JSON with an error for a stream': {
          error: [undefined, 'APIError'],
          status: [undefined, 200],
          code: [undefined, '500'],
          type: [undefined, 'server_error'],
          says: [undefined, true],
        },
        'a whole completion for a stream': { error: [undefined, 'ColloquyError'] },
        'a page for a stream': { error: [undefined, 'ColloquyError'] },
        'no content for a stream': { error: ['OpenAIError', 'APIConnectionError'] },
      },
    },
  },
  {
    kind: 'better',
    when: 'A stream brings a name without data, such as `event: ping`',
    openai: '`SyntaxError`',
    colloquy: 'Passed over, as the rules of event streams say',
    shownBy: {
      iterated: {
        'a name without data, such as a ping': {
          error: ['SyntaxError', undefined],
          'chunk 1': [
            undefined,
            {
              id: 'chatcmpl-1',
              object: 'chat.completion.chunk',
              created: 1_700_000_000,
              model: 'small',
              choices: [{ index: 0, delta: {}, finish_reason: 'stop' }],
            },
          ],
        },
      },
    },
  },
  {
    kind: 'better',
    when: 'An event, or an answer, should be JSON and is not',
    openai:
      'An event, or broken JSON: `SyntaxError`. An empty answer is returned as `undefined` or `null`, another as a string',
    colloquy: '`ColloquyError`, which quotes its beginning',
    shownBy: {
      iterated: { 'an empty event': NOT_JSON, 'an event that is not JSON': NOT_JSON },
      awaited: {
        'a page': { answer: ['<p>Log in</p>', undefined], error: [undefined, 'ColloquyError'] },
        words: { answer: ['ok', undefined], error: [undefined, 'ColloquyError'] },
        'an empty body': { error: [undefined, 'ColloquyError'] },
        'no content': { error: [undefined, 'ColloquyError'] },
        'broken JSON': NOT_JSON,
      },
    },
  },
  {
    kind: 'better',
    when: 'JSON comes under another content type, or none',
    openai: 'Returned as a string',
    colloquy: 'Returned as the completion that it is',
    shownBy: {
      awaited: {
        'JSON by another name': { answer: ['{"id":"chatcmpl-1"}', { id: 'chatcmpl-1' }] },
        'JSON without a name': { answer: ['{"id":"chatcmpl-1"}', { id: 'chatcmpl-1' }] },
      },
    },
  },
  {
    kind: 'better',
    when: 'A plain answer of status 200 holds an error and no completion',
    openai: 'Returned as if it were the completion',
    colloquy: '`APIError`',
    shownBy: {
      awaited: {
        'llama.cpp: an error in a 200': {
          answer: [{ error: { code: 500, message: 'crashed', type: 'server_error' } }, undefined],
          error: [undefined, 'APIError'],
          status: [undefined, 200],
          code: [undefined, '500'],
          type: [undefined, 'server_error'],
          says: [undefined, true],
        },
        'Gemini: an error in a list, in a 200': {
          answer: [[{ error: { code: 400, message: 'bad' } }], undefined],
          error: [undefined, 'APIError'],
          status: [undefined, 200],
          code: [undefined, '400'],
          says: [undefined, true],
        },
        'of an error inside a 200': {
          answer: [{ error: { message: 'again', type: 'server_error', param: null, code: null } }, undefined],
          error: [undefined, 'APIError'],
          status: [undefined, 200],
          type: [undefined, 'server_error'],
          says: [undefined, true],
        },
      },
    },
  },
  {
    kind: 'better',
    when: 'An error comes in a list, as from Gemini',
    openai: '`code`, `type` and `param` are undefined',
    colloquy: 'They are read',
    shownBy: { awaited: { 'Gemini: an error in a list': { code: [undefined, '400'] } } },
  },
  {
    kind: 'better',
    when: 'An error has its words beside the name of its status, as from Fastify',
    openai: 'The message says the name',
    colloquy: 'The message says the words',
    shownBy: { awaited: { 'Fastify: the name of the status, and a message': { says: [false, true] } } },
  },
  {
    kind: 'better',
    when: 'A server asks to wait for more than a minute',
    openai: 'Asked again after half a second or more, its own back-off',
    colloquy: 'Its error is thrown at once; `maxRetryDelay` moves the limit',
    shownBy: {
      awaited: {
        'after more than a minute': {
          answer: [{ id: 'chatcmpl-1', object: 'chat.completion', choices: [] }, undefined],
          requests: [2, 1],
          error: [undefined, 'RateLimitError'],
          status: [undefined, 429],
          type: [undefined, 'server_error'],
          says: [undefined, true],
        },
      },
    },
  },
  {
    kind: 'better',
    when: 'An id is empty',
    openai: 'The collection is asked, and its answer returned',
    colloquy: '`ColloquyError`, before anything is sent',
    shownBy: {
      retrieved: {
        'no id': {
          answer: [{ id: 'chatcmpl-1', object: 'chat.completion', choices: [] }, undefined],
          urls: [[['/v1/chat/completions/']], undefined],
          requests: [1, 0],
          error: [undefined, 'ColloquyError'],
        },
      },
    },
  },
  {
    kind: 'better',
    when: 'What the server is told about the machine',
    openai:
      'Language, runtime, system and more, in headers `x-stainless-…`, which it must allow to pages in browsers',
    colloquy: 'Nothing but the `user-agent` of the runtime',
    shownBy: {
      told: {
        'a create with a time limit': {
          headers: [
            [
              'x-stainless-arch',
              'x-stainless-lang',
              'x-stainless-os',
              'x-stainless-package-version',
              'x-stainless-retry-count',
              'x-stainless-runtime',
              'x-stainless-runtime-version',
              'x-stainless-timeout',
            ],
            [],
          ],
        },
      },
    },
  },
  {
    kind: 'better',
    when: 'A create with `store: true`, or with the option `idempotencyKey`',
    openai: 'Sent without one; the option does nothing',
    colloquy: 'Sent with `Idempotency-Key`, the same with each attempt',
    shownBy: {
      sent: {
        'a create that is kept': { 'idempotency-key': [undefined, 'a new one'] },
        'a create with an idempotency key': { 'idempotency-key': [undefined, 'key-1'] },
      },
    },
  },
  {
    kind: 'other',
    when: 'No key is given, nor found in the environment',
    openai: 'The constructor throws an `OpenAIError`',
    colloquy: 'No `Authorization` is sent, as local servers want it; elsewhere, the server answers 401',
    shownBy: {
      awaited: {
        'a completion for a caller without a key': {
          answer: [undefined, { id: 'chatcmpl-1' }],
          error: ['OpenAIError', undefined],
          requests: [0, 1],
        },
      },
    },
  },
  {
    kind: 'other',
    when: 'An error that comes neither from the server nor from the connection',
    openai: '`OpenAIError`',
    colloquy: '`ColloquyError`; `OpenAIError` is another name of the same class',
    shownBy: { retrieved: { 'two dots for an id': { error: ['OpenAIError', 'ColloquyError'] } } },
  },
  {
    kind: 'other',
    when: 'The `code` of an error is a number',
    openai: 'A number, against its own types',
    colloquy: 'A string, as the types say; `error.error.code` is as it came',
    shownBy: {
      iterated: {
        'vLLM: an error, then [DONE]': { code: [400, '400'] },
        'OpenRouter: an error in a chunk': { code: [502, '502'] },
      },
      awaited: {
        'vLLM: a code that is a number': { code: [400, '400'] },
        'vLLM, older: an error without envelope': { code: [400, '400'] },
      },
    },
  },
  {
    kind: 'other',
    when: 'A chunk comes without `finish_reason`, as from xAI, or at the end of a spoken answer',
    openai: 'It is `null`',
    colloquy: 'It is left out, as it came: ask `!finish_reason`, not `=== null`',
    shownBy: {
      iterated: {
        'OpenAI: a spoken answer, whose last piece has no `finish_reason`': {
          'chunk 3': [
            {
              id: 'chatcmpl-A1',
              object: 'chat.completion.chunk',
              created: 1_700_000_000,
              model: 'gpt-4o-2024-08-06',
              choices: [{ index: 0, delta: { audio: { expires_at: 1_700_003_600 } }, finish_reason: null }],
            },
            {
              id: 'chatcmpl-A1',
              object: 'chat.completion.chunk',
              created: 1_700_000_000,
              model: 'gpt-4o-2024-08-06',
              choices: [{ index: 0, delta: { audio: { expires_at: 1_700_003_600 } } }],
            },
          ],
        },
        'xAI: no `finish_reason` before the end, a total that counts reasoning apart': {
          'chunk 0': [
            {
              id: 'x1',
              object: 'chat.completion.chunk',
              created: 1_700_000_000,
              model: 'grok-4',
              choices: [{ index: 0, delta: { content: 'Hello', role: 'assistant' }, finish_reason: null }],
            },
            {
              id: 'x1',
              object: 'chat.completion.chunk',
              created: 1_700_000_000,
              model: 'grok-4',
              choices: [{ index: 0, delta: { content: 'Hello', role: 'assistant' } }],
            },
          ],
        },
      },
    },
  },
  {
    kind: 'other',
    when: 'Options in the place of the query: `list({ timeout: 5000 })`',
    openai: 'Taken for options',
    colloquy: 'Taken for a query: write `list({}, { timeout: 5000 })`',
    shownBy: {
      listed: {
        'options in the place of the query': {
          urls: [[['/v1/chat/completions']], [['/v1/chat/completions', ['headers[x-own]', 'a']]]],
        },
      },
    },
  },
];
