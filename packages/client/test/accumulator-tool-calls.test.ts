import assert from 'node:assert/strict';
import { describe, it } from 'node:test';

import { chunk, delta, finish, merge, message, calls, called } from './chunks.ts';

describe('tool calls', () => {
  it('are merged by their index', () => {
    assert.deepEqual(
      calls(
        { index: 0, ...called('call_1', 'now', '') },
        { index: 0, function: { arguments: '{"zone"' } },
        { index: 0, function: { arguments: ':"CET"}' } },
        { index: 1, ...called('call_2', 'add', '') },
        { index: 1, function: { arguments: '[1,2]' } },
      ),
      [called('call_1', 'now', '{"zone":"CET"}'), called('call_2', 'add', '[1,2]')],
    );
  });

  it('may interleave', () => {
    assert.deepEqual(
      calls(
        { index: 0, ...called('call_1', 'now', '') },
        { index: 1, ...called('call_2', 'add', '') },
        { index: 0, function: { arguments: 'a' } },
        { index: 1, function: { arguments: 'b' } },
        { index: 0, function: { arguments: 'c' } },
        { index: 1, function: { arguments: 'd' } },
      ),
      [called('call_1', 'now', 'ac'), called('call_2', 'add', 'bd')],
    );
  });

  it('are in the order of their indexes, whichever begins first', () => {
    assert.deepEqual(
      calls({ index: 1, ...called('call_2', 'add', '[]') }, { index: 0, ...called('call_1', 'now', '{}') }),
      [called('call_1', 'now', '{}'), called('call_2', 'add', '[]')],
    );
  });

  it('may begin in the chunk of the role, and share a chunk', () => {
    const tool_calls = [
      { index: 0, ...called('call_1', 'now', '{') },
      { index: 1, ...called('call_2', 'add', '[') },
      { index: 0, function: { arguments: '}' } },
    ];
    assert.deepEqual(message(delta({ role: 'assistant', content: null, tool_calls }), finish('tool_calls')), {
      content: null,
      tool_calls: [called('call_1', 'now', '{}'), called('call_2', 'add', '[')],
    });
  });

  it('are absent if none came', () => {
    assert.deepEqual(message(delta({ content: 'a', tool_calls: [] })), { content: 'a' });
    assert.deepEqual(message(delta({ content: 'a', tool_calls: null })), { content: 'a' });
    assert.deepEqual(message(delta({ content: 'a', tool_calls: [null] })), { content: 'a' });
  });

  it('may repeat their id, type and name in each fragment', () => {
    assert.deepEqual(
      calls(
        { index: 0, ...called('call_1', 'now', '') },
        { index: 0, ...called('call_1', 'now', '{') },
        { index: 0, ...called('call_1', 'now', '}') },
        { index: 1, ...called('call_2', 'now', '{') },
        { index: 1, ...called('call_2', 'now', '}') },
      ),
      [called('call_1', 'now', '{}'), called('call_2', 'now', '{}')],
    );
  });

  it('may have an empty or null id, type and name in their continuations', () => {
    assert.deepEqual(
      calls(
        { index: 0, ...called('call_1', 'now', '') },
        { index: 0, ...called('', '', '{') },
        { index: 0, id: null, type: null, function: { name: null, arguments: '}' } },
      ),
      [called('call_1', 'now', '{}')],
    );
  });

  it('may come without an index, told apart by their ids', () => {
    assert.deepEqual(
      calls(called('call_1', 'now', '{'), { function: { arguments: '}' } }, called('call_2', 'now', '['), {
        function: { name: '', arguments: ']' },
      }),
      [called('call_1', 'now', '{}'), called('call_2', 'now', '[]')],
    );
  });

  it('may come without an index and interleave, told apart by their ids', () => {
    assert.deepEqual(
      calls(called('call_1', 'now', 'a'), called('call_2', 'now', 'b'), called('call_1', 'now', 'c'), {
        id: 'call_2',
        function: { arguments: 'd' },
      }),
      [called('call_1', 'now', 'ac'), called('call_2', 'now', 'bd')],
    );
  });

  it('may come without an index and an id, told apart by their names', () => {
    assert.deepEqual(
      calls(
        { function: { name: 'now', arguments: '{' } },
        { function: { arguments: '}' } },
        { function: { name: 'add', arguments: '[1]' } },
      ),
      [called('', 'now', '{}'), called('', 'add', '[1]')],
    );
  });

  it('may come without an index, the first one also without an id', () => {
    assert.deepEqual(calls({ function: { name: 'now', arguments: '{}' } }, called('call_2', 'add', '[]')), [
      called('', 'now', '{}'),
      called('call_2', 'add', '[]'),
    ]);
  });

  it('may all have the index 0 and an id each, as from Ollama (ollama#15457)', () => {
    assert.deepEqual(
      calls(
        { index: 0, ...called('call_1', 'now', '{}') },
        { index: 0, ...called('call_2', 'now', '{}') },
        { index: 0, ...called('call_3', 'add', '[') },
        { index: 0, function: { arguments: ']' } },
      ),
      [called('call_1', 'now', '{}'), called('call_2', 'now', '{}'), called('call_3', 'add', '[]')],
    );
  });

  it('may have another id in each fragment, as from Kimi and LM Studio: the first is kept', () => {
    assert.deepEqual(
      calls(
        { index: 0, ...called('call_1', 'now', '') },
        { index: 0, id: 'call_2', function: { arguments: '{' } },
        { index: 0, id: 'call_3', function: { name: '', arguments: '}' } },
        { index: 1, ...called('call_4', 'add', '[') },
        { index: 1, id: 'call_5', function: { name: null, arguments: ']' } },
      ),
      [called('call_1', 'now', '{}'), called('call_4', 'add', '[]')],
    );
    assert.deepEqual(calls(called('call_1', 'now', '{'), { id: 'call_2', function: { arguments: '}' } }), [
      called('call_1', 'now', '{}'),
    ]);
  });

  it('go on under an index of which nothing is known, as from Cerebras', () => {
    assert.deepEqual(
      calls({ index: 0, ...called('call_1', 'now', '{') }, { index: 1, function: { arguments: '}' } }),
      [called('call_1', 'now', '{}')],
    );
  });

  it('may learn their id after their name, or their name after their id', () => {
    assert.deepEqual(
      calls(
        { index: 0, type: 'function', function: { name: 'now' } },
        { index: 0, id: 'call_1' },
        { index: 0, function: { arguments: '{}' } },
      ),
      [called('call_1', 'now', '{}')],
    );
    assert.deepEqual(
      calls({ id: 'call_1' }, { function: { name: 'now' } }, { function: { arguments: '{}' } }),
      [called('call_1', 'now', '{}')],
    );
  });

  it('may have the id "0" all of them, told apart by their index', () => {
    assert.deepEqual(
      calls({ index: 0, ...called('0', 'now', '{}') }, { index: 1, ...called('0', 'now', '[]') }),
      [called('0', 'now', '{}'), called('0', 'now', '[]')],
    );
  });

  for (const [what, function_] of [
    ['missing', { name: 'now' }],
    ['null', { name: 'now', arguments: null }],
    ['empty', { name: 'now', arguments: '' }],
  ] as const) {
    it(`have arguments as text, also where these are ${what}`, () => {
      const first = { index: 0, id: 'call_1', type: 'function', function: function_ };
      assert.deepEqual(calls(first), [called('call_1', 'now', '')]);
      assert.deepEqual(calls(first, { index: 0, function: { arguments: '{}' } }, first), [
        called('call_1', 'now', '{}'),
      ]);
    });
  }

  it('may stay without a name', () => {
    assert.deepEqual(calls({ index: 0, id: 'call_1', function: { arguments: '{}' } }), [
      called('call_1', '', '{}'),
    ]);
  });

  it('have the type of what they call, if the server does not say', () => {
    assert.deepEqual(
      calls(
        { index: 0, id: 'call_1', function: { name: 'now' } },
        { index: 1, id: 'call_2', custom: { name: 'write' } },
      ),
      [called('call_1', 'now', ''), { id: 'call_2', type: 'custom', custom: { name: 'write', input: '' } }],
    );
  });

  it('may be of custom tools, whose input is appended', () => {
    assert.deepEqual(
      calls(
        { index: 0, id: 'call_1', type: 'custom', custom: { name: 'write', input: 'Dear ' } },
        { index: 0, custom: { input: 'all' } },
        { index: 0, custom: { name: '', input: null } },
        { index: 0, custom: { input: ',' } },
        { index: 0, id: 'call_2', type: 'custom', custom: { name: 'read', input: 'x' } },
      ),
      [
        { id: 'call_1', type: 'custom', custom: { name: 'write', input: 'Dear all,' } },
        { id: 'call_2', type: 'custom', custom: { name: 'read', input: 'x' } },
      ],
    );
  });

  it('keep what else comes with them: Gemini wants its signature back', () => {
    const extra_content = { google: { thought_signature: 'c2ln' } };
    assert.deepEqual(
      calls(
        { index: 0, ...called('call_1', 'now', '{'), extra_content },
        { index: 0, ...called('', '', '}') },
      ),
      [{ ...called('call_1', 'now', '{}'), extra_content }],
    );
  });

  it('belong to their choice', () => {
    const piece = (index: number, fragment: object) =>
      chunk({ choices: [{ index, delta: { tool_calls: [fragment] }, finish_reason: null }] });
    const completion = merge(
      piece(0, { index: 0, ...called('call_1', 'now', '') }),
      piece(1, { index: 0, ...called('call_2', 'add', '') }),
      piece(0, { index: 0, function: { arguments: 'a' } }),
      piece(1, { index: 0, function: { arguments: 'b' } }),
    );
    assert.deepEqual(
      completion.choices.map((choice) => choice.message.tool_calls),
      [[called('call_1', 'now', 'a')], [called('call_2', 'add', 'b')]],
    );
  });
});

describe('the call of the older protocol', () => {
  it('has its name once and its arguments appended', () => {
    assert.deepEqual(
      message(
        delta({ role: 'assistant', content: null, function_call: { name: 'now', arguments: '' } }),
        delta({ function_call: { arguments: '{' } }),
        delta({ function_call: { name: 'now', arguments: null } }),
        delta({ function_call: { name: '', arguments: '}' } }),
        delta({ function_call: null }),
        finish('function_call'),
      ),
      { content: null, function_call: { name: 'now', arguments: '{}' } },
    );
  });

  it('has arguments as text, also where none came', () => {
    assert.deepEqual(message(delta({ function_call: null }), delta({ function_call: { name: 'now' } })), {
      content: null,
      function_call: { name: 'now', arguments: '' },
    });
  });
});
