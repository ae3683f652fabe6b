import assert from 'node:assert/strict';
import { describe, it } from 'node:test';

import type { ErrorBody } from '@colloquy/client/contract';
import fc from 'fast-check';

import { callEliza, say } from './call-eliza.ts';

const user = (content: unknown) => ({ model: 'eliza', messages: [{ role: 'user', content }] });

/** What is asked, the parameter at fault, the code. */
const BAD_REQUESTS: Array<[title: string, body: unknown, param: string | null, code: string | null]> = [
  ['text that is not JSON', '{"model": "eliza"', null, null],
  ['an empty body', '', null, null],
  ['an array', [], null, null],
  ['no model', { messages: say('Hi').messages }, 'model', 'missing_required_parameter'],
  ['a model that is no string', { ...say('Hi'), model: 5 }, 'model', 'invalid_value'],
  ['no messages', { model: 'eliza' }, 'messages', 'missing_required_parameter'],
  ['empty messages', { model: 'eliza', messages: [] }, 'messages', 'invalid_value'],
  ['messages as text', { model: 'eliza', messages: 'Hi' }, 'messages', 'invalid_value'],
  ['a message as text', { model: 'eliza', messages: ['Hi'] }, 'messages[0]', 'invalid_value'],
  [
    'a message without a role',
    { model: 'eliza', messages: [{ content: 'Hi' }] },
    'messages[0].role',
    'invalid_value',
  ],
  ['a user without words', user(null), 'messages[0].content', 'invalid_value'],
  ['a part as text', user(['Hi']), 'messages[0].content[0]', 'invalid_value'],
  ['a text part without text', user([{ type: 'text' }]), 'messages[0].content[0].text', 'invalid_value'],
  ['n below 1', { ...say('Hi'), n: 0 }, 'n', 'invalid_value'],
  ['n above 128', { ...say('Hi'), n: 129 }, 'n', 'invalid_value'],
  ['n in halves', { ...say('Hi'), n: 1.5 }, 'n', 'invalid_value'],
  ['n as text', { ...say('Hi'), n: 'x' }, 'n', 'invalid_value'],
  ['stop as a number', { ...say('Hi'), stop: 5 }, 'stop', 'invalid_value'],
  ['a number among the stops', { ...say('Hi'), stop: ['a', 5] }, 'stop', 'invalid_value'],
  ['five stops', { ...say('Hi'), stop: ['a', 'b', 'c', 'd', 'e'] }, 'stop', 'invalid_value'],
  ['a negative limit', { ...say('Hi'), max_tokens: -1 }, 'max_tokens', 'invalid_value'],
  ['a limit as text', { ...say('Hi'), max_completion_tokens: '9' }, 'max_completion_tokens', 'invalid_value'],
  ['stream as text', { ...say('Hi'), stream: 'true' }, 'stream', 'invalid_value'],
  ['stream options as text', { ...say('Hi'), stream_options: 'all' }, 'stream_options', 'invalid_value'],
  [
    'include_usage as a number',
    { ...say('Hi'), stream_options: { include_usage: 1 } },
    'stream_options.include_usage',
    'invalid_value',
  ],
];

async function receiveError(body: unknown) {
  const { status, contentType, pieces } = await callEliza(body);
  assert.equal(contentType, 'application/json');
  const { error }: ErrorBody = JSON.parse(pieces.join(''));
  const { message, ...rest } = error;
  assert.ok(message.length > 0);
  return { status, ...rest };
}

describe('a bad request', () => {
  for (const [title, body, param, code] of BAD_REQUESTS) {
    it(`is refused: ${title}`, async () => {
      assert.deepEqual(await receiveError(body), { status: 400, type: 'invalid_request_error', param, code });
    });
  }

  it('is refused as JSON also where a stream was asked for', async () => {
    assert.equal((await receiveError({ ...say('Hi'), n: 0, stream: true })).status, 400);
  });
});

it('does not know other models', async () => {
  assert.deepEqual(await receiveError({ ...say('Hi'), model: 'gpt-4o' }), {
    status: 404,
    type: 'invalid_request_error',
    param: null,
    code: 'model_not_found',
  });
});

it('answers whatever it is sent, and never throws', async () => {
  const anything = fc.jsonValue();
  const request = fc.record(
    {
      model: fc.constant('eliza'),
      messages: fc.oneof(
        anything,
        fc.array(fc.record({ role: fc.constantFrom('user', 'system'), content: anything })),
      ),
      n: fc.oneof(anything, fc.integer({ min: -1, max: 3 })),
      stop: anything,
      max_tokens: anything,
      stream: fc.oneof(anything, fc.boolean()),
      stream_options: anything,
    },
    { requiredKeys: ['model'] },
  );
  await fc.assert(
    fc.asyncProperty(fc.oneof(request, anything, fc.string({ unit: 'binary' })), async (body) => {
      const { status, pieces } = await callEliza(body);
      assert.ok([200, 400].includes(status), String(status));
      assert.ok(pieces.join('').length > 0);
    }),
    { numRuns: 300 },
  );
});
