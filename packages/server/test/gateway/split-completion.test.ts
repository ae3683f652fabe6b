import assert from 'node:assert/strict';
import { describe, it } from 'node:test';

import { ChatCompletionAccumulator } from '@colloquy/client';
import type { ChatCompletion, ChatCompletionChunk } from '@colloquy/client/contract';
import fc from 'fast-check';

import { splitCompletion } from '../../src/gateway/split-completion.ts';
import { completion } from '../start-upstream.ts';

function merge(chunks: readonly ChatCompletionChunk[]): ChatCompletion {
  const accumulator = new ChatCompletionAccumulator();
  for (const chunk of chunks) accumulator.add(chunk);
  return accumulator.completion();
}

const text = fc.string({ unit: 'grapheme', minLength: 1, maxLength: 40 });
const name = fc.stringMatching(/^[A-Za-z0-9_-]{1,20}$/);
const call = fc.oneof(
  fc.record({ type: fc.constant('function'), function: fc.record({ name, arguments: fc.json() }) }),
  fc.record({ type: fc.constant('custom'), custom: fc.record({ name, input: text }) }),
);
const tokens = fc.array(
  fc.record({ token: text, logprob: fc.double({ max: 0, noNaN: true }), bytes: fc.constant(null) }),
  { maxLength: 4 },
);
const part = fc.oneof(
  fc.record({ type: fc.constant('text'), text }),
  fc.record({ type: fc.constant('image_url'), image_url: fc.record({ url: fc.webUrl() }) }),
);
const message = fc.record(
  {
    role: fc.constant('assistant'),
    content: fc.option(
      fc.oneof(
        text,
        part.map((only) => [only]),
      ),
    ),
    refusal: fc.option(text),
    reasoning_content: text,
    annotations: fc.array(fc.record({ type: fc.constant('url_citation'), url: fc.webUrl() })),
    audio: fc.record({ id: text, data: fc.base64String(), expires_at: fc.nat(), transcript: text }),
    function_call: fc.record({ name, arguments: fc.json() }),
    tool_calls: fc
      .array(call, { minLength: 1, maxLength: 4 })
      .map((calls) => calls.map((one, place) => ({ id: `call_${place}`, ...one }))),
  },
  { requiredKeys: ['role', 'content', 'refusal'] },
);
const anyCompletion = fc
  .record(
    {
      id: text,
      object: fc.constant('chat.completion'),
      created: fc.integer({ min: 1 }),
      model: text,
      choices: fc.array(
        fc.record(
          {
            message,
            logprobs: fc.option(fc.record({ content: fc.option(tokens), refusal: fc.option(tokens) })),
            finish_reason: fc.constantFrom('stop', 'length', 'tool_calls', null),
            content_filter_results: fc.record({ hate: fc.boolean() }),
          },
          { requiredKeys: ['message', 'logprobs', 'finish_reason'] },
        ),
        { maxLength: 4 },
      ),
      usage: fc.record({ prompt_tokens: fc.nat(), completion_tokens: fc.nat(), total_tokens: fc.nat() }),
      service_tier: text,
      system_fingerprint: text,
      citations: fc.array(fc.webUrl()),
    },
    { requiredKeys: ['id', 'object', 'created', 'model', 'choices'] },
  )
  .map(({ choices, ...members }) => {
    const numbered = choices.map((choice, index) => ({ index, ...choice }));
    // As after its way through the store; `fast-check` makes objects that have no prototype.
    return JSON.parse(JSON.stringify({ ...members, choices: numbered })) as ChatCompletion;
  })
  // Without a choice there is no chunk that could say who answers.
  .filter(({ choices, usage }) => choices.length > 0 || usage !== undefined);

describe('The chunks of a completion', () => {
  it('merge into it again', () => {
    fc.assert(
      fc.property(anyCompletion, (whole) => {
        assert.deepEqual(merge(splitCompletion(whole, true)), whole);
      }),
      { numRuns: 500 },
    );
  });

  it('merge into what any chunks had merged into before', () => {
    const piece = fc.record(
      {
        index: fc.nat({ max: 2 }),
        delta: fc.record(
          {
            role: fc.constantFrom('assistant', ''),
            content: fc.oneof(fc.constantFrom(null, ''), text, fc.array(part, { maxLength: 2 })),
            reasoning: fc.oneof(text, fc.constant(null)),
            tool_calls: fc.array(
              fc.record(
                {
                  index: fc.nat({ max: 2 }),
                  id: fc.constantFrom('a', 'b', 'c'),
                  function: fc.record({ name, arguments: text }, { requiredKeys: ['name'] }),
                },
                { requiredKeys: ['id', 'function'] },
              ),
            ),
          },
          { requiredKeys: [] },
        ),
        logprobs: fc.option(fc.record({ content: fc.option(tokens) }, { requiredKeys: [] })),
        finish_reason: fc.constantFrom(null, '', 'stop'),
      },
      { requiredKeys: ['index'] },
    );
    const chunk = fc.record(
      { id: text, created: fc.nat(), model: text, choices: fc.array(piece), x: fc.jsonValue() },
      { requiredKeys: ['choices'] },
    );
    const stream = fc.array(chunk, { minLength: 1 }).filter((chunks) => chunks[0]!.choices.length > 0);
    fc.assert(
      fc.property(stream, (chunks) => {
        const whole = merge(JSON.parse(JSON.stringify(chunks)) as ChatCompletionChunk[]);
        assert.deepEqual(merge(splitCompletion(whole, true)), whole);
      }),
      { numRuns: 200 },
    );
  });

  it('say nothing of the usage to a caller who did not ask', () => {
    const whole = completion('Hello.') as ChatCompletion;
    const chunks = splitCompletion(whole, false);
    assert.ok(chunks.every((chunk) => !('usage' in chunk) && chunk.choices.length === 1));
    const { usage: _usage, ...others } = whole;
    assert.deepEqual(merge(chunks), others);
  });

  it('are in the order of the wire, and all under one head', () => {
    const whole = completion('Hello.') as ChatCompletion;
    const { usage, id, created, model } = whole;
    const head = { id, object: 'chat.completion.chunk', created, model };
    const open = { index: 0, logprobs: null, finish_reason: null };
    assert.deepEqual(splitCompletion(whole, true), [
      { ...head, choices: [{ ...open, delta: { role: 'assistant' } }], usage: null },
      { ...head, choices: [{ ...open, delta: { content: 'Hello.', refusal: null } }], usage: null },
      { ...head, choices: [{ ...open, delta: {}, finish_reason: 'stop' }], usage: null },
      { ...head, choices: [], usage },
    ]);
  });

  it('give each tool call its place, whatever the upstream had said', () => {
    const calls = [0, 0].map((index, place) => ({
      index,
      id: `call_${place}`,
      type: 'function',
      function: { name: 'f', arguments: '{}' },
    }));
    const answer = { role: 'assistant', content: null, refusal: null, tool_calls: calls };
    const whole = {
      ...(completion('') as ChatCompletion),
      choices: [{ index: 0, message: answer, logprobs: null, finish_reason: 'tool_calls' }],
    } as unknown as ChatCompletion;
    const [, said] = splitCompletion(whole, false);
    assert.deepEqual(
      said?.choices[0]?.delta.tool_calls?.map(({ index, id }) => [index, id]),
      [
        [0, 'call_0'],
        [1, 'call_1'],
      ],
    );
  });
});
