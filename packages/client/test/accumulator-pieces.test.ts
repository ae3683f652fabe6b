import assert from 'node:assert/strict';
import { describe, it } from 'node:test';

import type { ChatCompletion, ChatCompletionChunk } from '@colloquy/client/contract';
import fc from 'fast-check';

import { HEAD, USAGE, chunk, merge } from './chunks.ts';

describe('any completion', () => {
  const text = fc.string({ unit: 'grapheme', minLength: 1, maxLength: 40 });
  const finishReason = fc.constantFrom('stop', 'length', 'tool_calls', 'content_filter');
  const functionCall = fc.record({
    type: fc.constant('function'),
    function: fc.record({ name: fc.stringMatching(/^[A-Za-z0-9_-]{1,20}$/), arguments: fc.json() }),
  });
  const customCall = fc.record({
    type: fc.constant('custom'),
    custom: fc.record({ name: fc.stringMatching(/^[A-Za-z0-9_-]{1,20}$/), input: text }),
  });
  const toolCalls = fc
    .array(fc.oneof(functionCall, customCall), { minLength: 1, maxLength: 4 })
    .map((list) => list.map((call, i) => Object.assign({ id: `call_${i}` }, call)));
  const logprobs = fc.record({
    content: fc.array(
      fc.record({
        token: text,
        logprob: fc.constant(-0.5),
        bytes: fc.constant(null),
        top_logprobs: fc.constant([]),
      }),
      { minLength: 1, maxLength: 5 },
    ),
    refusal: fc.constant(null),
  });
  const anyMessage = fc.record({
    role: fc.constant('assistant'),
    content: fc.option(text),
    refusal: fc.option(text),
    reasoning_content: fc.option(text, { nil: undefined }),
    tool_calls: fc.option(toolCalls, { nil: undefined }),
  });
  const anyCompletion = fc.record({
    choices: fc.array(
      fc.record({ message: anyMessage, logprobs: fc.option(logprobs), finish_reason: finishReason }),
      { minLength: 1, maxLength: 4 },
    ),
    usage: fc.option(fc.constant(USAGE), { nil: undefined }),
  });

  /** Cuts text into pieces, some of them empty; `pick` draws a number below its argument. */
  function cutText(value: string, pick: (below: number) => number): string[] {
    const pieces: string[] = [];
    for (let start = 0; start < value.length;) {
      const end = start + 1 + pick(5);
      pieces.push(...(pick(4) === 0 ? [''] : []), value.slice(start, end));
      start = end;
    }
    return pieces.length > 0 ? pieces : [''];
  }

  /** The fragments of one call, in their order. */
  function cutCall(call: Record<string, unknown>, index: number, pick: (below: number) => number): object[] {
    const kind = String(call['type']);
    const member = kind === 'function' ? 'arguments' : 'input';
    const target = call[kind] as Record<string, string>;
    const [first, ...rest] = cutText(target[member] ?? '', pick);
    const { id, type } = call;
    return [
      { index, id, type, [kind]: { name: target['name'], [member]: first } },
      ...rest.map((piece) => ({ index, [kind]: { [member]: piece } })),
    ];
  }

  /** Empties queues at random, each in its own order. */
  function shuffle<T>(queues: T[][], pick: (below: number) => number): T[] {
    const left = queues.filter((queue) => queue.length > 0);
    const out: T[] = [];
    while (left.length > 0) {
      const place = pick(left.length);
      const queue = left[place];
      const item = queue?.shift();
      if (item !== undefined) out.push(item);
      if (queue?.length === 0) left.splice(place, 1);
    }
    return out;
  }

  function cutChoice(choice: ChatCompletion.Choice, pick: (below: number) => number): object[] {
    const { index, message: said, finish_reason } = choice;
    const { role, content, refusal, tool_calls = [], ...others } = said;
    const texts = Object.entries({ content, refusal, ...others })
      .filter((entry): entry is [string, string] => typeof entry[1] === 'string')
      .map(([name, value]) => cutText(value, pick).map((piece) => ({ delta: { [name]: piece } })));
    const callPieces = tool_calls.map((call, i) =>
      cutCall({ ...call }, i, pick).map((fragment) => ({ delta: { tool_calls: [fragment] } })),
    );
    const tokens = (choice.logprobs?.content ?? []).map((token) => ({
      delta: {},
      logprobs: { content: [token], refusal: null },
    }));
    const pieces = shuffle<object>([...texts, ...callPieces, tokens], pick);
    return [{ delta: { role } }, ...pieces, { delta: {}, finish_reason }].map((piece) =>
      Object.assign({ index, finish_reason: null }, piece),
    );
  }

  function cutCompletion(completion: ChatCompletion, pick: (below: number) => number): ChatCompletionChunk[] {
    const pieces = shuffle(
      completion.choices.map((choice) => cutChoice(choice, pick)),
      pick,
    );
    const chunks: ChatCompletionChunk[] = [];
    while (pieces.length > 0) chunks.push(chunk({ choices: pieces.splice(0, 1 + pick(3)), usage: null }));
    if (completion.usage) chunks.push(chunk({ choices: [], usage: completion.usage }));
    return chunks;
  }

  it('comes back whole from its pieces', () => {
    fc.assert(
      fc.property(anyCompletion, fc.infiniteStream(fc.nat({ max: 1_000_000 })), (value, numbers) => {
        const pick = (below: number) => Number(numbers.next().value) % below;
        const { choices, usage } = value;
        const completion = JSON.parse(
          JSON.stringify({
            ...HEAD,
            object: 'chat.completion',
            choices: choices.map((choice, index) => Object.assign({ index }, choice)),
            usage,
          }),
        ) as ChatCompletion;
        assert.deepEqual(merge(...cutCompletion(completion, pick)), completion);
      }),
      { numRuns: 300 },
    );
  });

  it('is never kept from merging by what its chunks hold', () => {
    const soup = fc.array(
      fc.record(
        {
          choices: fc.array(
            fc.record(
              {
                index: fc.option(fc.nat({ max: 3 })),
                delta: fc.record(
                  {
                    content: fc.anything({ maxDepth: 2 }),
                    tool_calls: fc.array(
                      fc.anything({ maxDepth: 3, key: fc.constantFrom('id', 'index', 'function', 'name') }),
                    ),
                    function_call: fc.anything({ maxDepth: 1 }),
                    audio: fc.anything({ maxDepth: 1 }),
                    refusal: fc.anything({ maxDepth: 1 }),
                  },
                  { requiredKeys: [] },
                ),
                logprobs: fc.anything({ maxDepth: 2, key: fc.constantFrom('content', 'refusal') }),
                finish_reason: fc.anything({ maxDepth: 0 }),
              },
              { requiredKeys: [] },
            ),
          ),
          usage: fc.anything({ maxDepth: 1 }),
        },
        { requiredKeys: [] },
      ),
    );
    fc.assert(
      fc.property(soup, (chunks) => {
        const { choices } = merge(...chunks.map(chunk));
        assert.ok(choices.every((choice) => choice.message.role === 'assistant'));
      }),
    );
  });
});
