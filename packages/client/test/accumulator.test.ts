import assert from 'node:assert/strict';
import { describe, it } from 'node:test';

import type { ChatCompletionChunk } from '@colloquy/client/contract';

import { ChatCompletionAccumulator } from '../src/accumulator.ts';
import { USAGE, chunk, delta, finish, merge, message, onlyChoice } from './chunks.ts';

describe('an ordinary stream', () => {
  const stream = [
    delta({ role: 'assistant', content: '', refusal: null }),
    delta({ content: 'Hel' }),
    delta({ content: 'lo' }),
    delta({ content: '.' }),
    finish(),
  ];

  it('merges into what a plain call would have returned', () => {
    assert.deepEqual(merge(...stream), {
      id: 'chatcmpl-1',
      object: 'chat.completion',
      created: 1_700_000_000,
      model: 'small',
      choices: [
        {
          index: 0,
          message: { role: 'assistant', content: 'Hello.', refusal: null },
          logprobs: null,
          finish_reason: 'stop',
        },
      ],
    });
  });

  it('may end in a chunk that has the usage and no choice', () => {
    const chunks = stream.map((piece) => ({ ...piece, usage: null }));
    const completion = merge(...chunks, chunk({ choices: [], usage: USAGE }));
    assert.deepEqual(completion.usage, USAGE);
    assert.equal(completion.choices.length, 1);
  });

  it('has no usage unless one came', () => {
    assert.equal('usage' in merge(...stream), false);
    assert.equal('usage' in merge(...stream.map((piece) => ({ ...piece, usage: null }))), false);
  });

  it('loses its obfuscation', () => {
    const completion = merge(...stream.map((piece, i) => ({ ...piece, obfuscation: 'x'.repeat(i) })));
    assert.deepEqual(completion, merge(...stream));
  });

  it('keeps members that nobody knows yet, from whichever chunk has them', () => {
    const completion = merge(
      { ...delta({}), service_tier: 'default', system_fingerprint: 'fp_1' },
      chunk({ choices: [], provider: 'Elsewhere', moderation: null }),
      chunk({ choices: [], moderation: { input: {}, output: {} }, service_tier: null }),
    );
    assert.deepEqual(
      { ...completion, choices: [] },
      {
        id: 'chatcmpl-1',
        object: 'chat.completion',
        created: 1_700_000_000,
        model: 'small',
        choices: [],
        service_tier: 'default',
        system_fingerprint: 'fp_1',
        provider: 'Elsewhere',
        moderation: { input: {}, output: {} },
      },
    );
  });

  it('is not changed by being merged', () => {
    const tokens = { content: [{ token: 'a', logprob: -1, bytes: null, top_logprobs: [] }], refusal: null };
    const first = delta({ content: [{ type: 'text', text: 'a' }], annotations: [{}] }, { logprobs: tokens });
    const copy = structuredClone(first);
    merge(first, first, first);
    assert.deepEqual(first, copy);
  });
});

describe('an unfinished stream', () => {
  it('merges into what has come so far', () => {
    const { finish_reason, message: said } = onlyChoice(delta({ content: 'Hel' }));
    assert.deepEqual([finish_reason, said.content], [null, 'Hel']);
  });

  it('may be without any chunk', () => {
    assert.deepEqual(merge(), { id: '', object: 'chat.completion', created: 0, model: '', choices: [] });
  });

  it('leaves what was handed out as it was', () => {
    const pieces = delta(
      {
        content: 'a',
        reasoning_content: 'b',
        tool_calls: [{ index: 0, id: 'call_1', type: 'function', function: { name: 'f', arguments: '{' } }],
        function_call: { name: 'g', arguments: '{' },
        audio: { id: 'audio_1', data: 'QQ' },
        annotations: [{ type: 'url_citation' }],
      },
      { logprobs: { content: [{ token: 'a', logprob: -1, bytes: null, top_logprobs: [] }], refusal: null } },
    );
    const accumulator = new ChatCompletionAccumulator();
    accumulator.add(pieces);
    const early = accumulator.completion();
    const copy = structuredClone(early);
    accumulator.add(pieces);
    assert.deepEqual(early, copy);
    assert.notDeepEqual(accumulator.completion(), copy);
  });
});

describe('isFinished', () => {
  function isFinished(...chunks: ChatCompletionChunk[]): boolean {
    const accumulator = new ChatCompletionAccumulator();
    for (const piece of chunks) accumulator.add(piece);
    return accumulator.isFinished;
  }

  it('is false before the first choice', () => {
    assert.equal(isFinished(), false);
    assert.equal(isFinished(chunk({ choices: [], usage: USAGE })), false);
  });

  it('is true once each choice that has begun has a reason for its end', () => {
    const second = (reason: string | null) =>
      chunk({ choices: [{ index: 1, delta: {}, finish_reason: reason }] });
    assert.equal(isFinished(delta({ content: 'a' })), false);
    assert.equal(isFinished(delta({ content: 'a' }), finish()), true);
    assert.equal(isFinished(delta({ content: 'a' }), second(null), finish()), false);
    assert.equal(isFinished(delta({ content: 'a' }), second(null), finish(), second('length')), true);
  });

  it('stays true when the chunk of the usage follows', () => {
    assert.equal(isFinished(finish(), chunk({ choices: [], usage: USAGE })), true);
    assert.equal(isFinished(finish(), delta({ content: '' })), true);
  });

  it('is not taken in by an empty reason, which older Ollama and SGLang send (ollama#4357, sglang#3912)', () => {
    const running = delta({ content: 'a' }, { finish_reason: '' });
    assert.equal(isFinished(running), false);
    assert.equal(onlyChoice(running).finish_reason, null);
    assert.equal(onlyChoice(finish('length'), running).finish_reason, 'length');
  });

  it('is false where the reason is missing', () => {
    assert.equal(isFinished(chunk({ choices: [{ index: 0, delta: { content: 'a' } }] })), false);
  });
});

describe('finish reasons', () => {
  for (const reason of ['stop', 'length', 'tool_calls', 'content_filter', 'function_call', 'eos', 'error']) {
    it(`are kept as they came: ${reason}`, () => {
      assert.equal(onlyChoice(delta({ content: 'a' }), finish(reason)).finish_reason, reason);
    });
  }

  it('may come with the last words', () => {
    const choice = onlyChoice(delta({ content: 'a' }), delta({ content: 'b' }, { finish_reason: 'stop' }));
    assert.deepEqual([choice.message.content, choice.finish_reason], ['ab', 'stop']);
  });

  it('survive chunks that follow', () => {
    assert.equal(onlyChoice(finish('length'), delta({ content: '' })).finish_reason, 'length');
  });
});

describe('content', () => {
  it('is null if none came', () => {
    assert.deepEqual(message(delta({ role: 'assistant' }), finish()), { content: null });
    assert.deepEqual(message(delta({ role: 'assistant', content: null }), finish()), { content: null });
  });

  it('is empty if only empty pieces came, and nothing else', () => {
    assert.deepEqual(message(delta({ role: 'assistant', content: '' }), finish()), { content: '' });
    assert.deepEqual(message(delta({ content: null }), delta({ content: '' }), finish()), { content: '' });
  });

  it('is empty if only empty pieces came, and the other kinds are all null', () => {
    const nothing = { content: '', refusal: null, function_call: null, tool_calls: null, audio: null };
    assert.deepEqual(message(delta(nothing), delta(nothing), finish()), {
      content: '',
      function_call: null,
      audio: null,
    });
  });

  for (const [kind, other] of [
    ['a call', { tool_calls: [{ index: 0, id: 'call_1', function: { name: 'now', arguments: '' } }] }],
    ['a call of the older protocol', { function_call: { name: 'now', arguments: '' } }],
    ['a spoken answer', { audio: { id: 'audio_1', transcript: 'Hi' } }],
    ['a refusal', { refusal: 'No.' }],
  ] as const) {
    it(`is null if ${kind} came instead of words`, () => {
      const empty = delta({ role: 'assistant', content: '' });
      assert.equal(onlyChoice(empty, delta(other), finish()).message.content, null);
    });

    it(`is kept beside ${kind}`, () => {
      assert.equal(onlyChoice(delta({ content: 'Hm.' }), delta(other), finish()).message.content, 'Hm.');
    });
  }

  it('goes on after null', () => {
    assert.deepEqual(
      message(delta({ content: 'a' }), delta({ content: null }), delta({ content: 'b' }), finish()),
      { content: 'ab' },
    );
  });
});

describe('content in parts, as Mistral sends it', () => {
  const think = (text: string) => ({ type: 'thinking', thinking: [{ type: 'text', text }] });
  const text = (words: string) => ({ type: 'text', text: words });

  it('becomes one list of parts, of which no two neighbours are of one kind', () => {
    assert.deepEqual(
      message(
        delta({ role: 'assistant', content: '' }),
        delta({ content: [think('Let ')] }),
        delta({ content: [think('me ')] }),
        delta({ content: '' }),
        delta({ content: [{ ...think('see.'), closed: true }] }),
        delta({ content: [text('It ')] }),
        delta({ content: [text('is '), text('so.')] }),
        finish(),
      ),
      { content: [{ ...think('Let me see.'), closed: true }, text('It is so.')] },
    );
  });

  it('loses nothing where plain text follows the parts', () => {
    assert.deepEqual(
      message(delta({ content: [think('Hm.')] }), delta({ content: 'It is ' }), delta({ content: 'so.' })),
      { content: [think('Hm.'), text('It is so.')] },
    );
  });

  it('loses nothing where the parts follow plain text', () => {
    assert.deepEqual(message(delta({ content: 'Well. ' }), delta({ content: [think('Hm.')] })), {
      content: [text('Well. '), think('Hm.')],
    });
  });

  it('keeps whatever else its pieces have', () => {
    const pieces = [
      { ...text('a'), first: [1] },
      { ...text('b'), first: [2], later: [3] },
    ];
    assert.deepEqual(message(delta({ content: pieces })), {
      content: [{ ...text('ab'), first: [1, 2], later: [3] }],
    });
  });

  it('leaves what was handed out as it was', () => {
    const accumulator = new ChatCompletionAccumulator();
    accumulator.add(delta({ content: [text('a')] }));
    const early = accumulator.completion();
    const copy = structuredClone(early);
    accumulator.add(delta({ content: [text('b'), think('c')] }));
    assert.deepEqual(early, copy);
  });

  it('leaves parts of other kinds apart', () => {
    const image = (url: string) => ({ type: 'image_url', image_url: { url } });
    assert.deepEqual(
      message(delta({ content: [image('data:,a')] }), delta({ content: [image('data:,b'), 7, 8] })),
      { content: [image('data:,a'), image('data:,b'), 7, 8] },
    );
  });
});

describe('reasoning', () => {
  it('is appended under either name, beside content that is null meanwhile', () => {
    for (const name of ['reasoning_content', 'reasoning']) {
      assert.deepEqual(
        message(
          delta({ role: 'assistant', content: null, [name]: '' }),
          delta({ content: null, [name]: 'I ' }),
          delta({ content: null, [name]: 'see.' }),
          delta({ content: 'Yes', [name]: null }),
          delta({ content: '.', [name]: null }),
          finish(),
        ),
        { content: 'Yes.', [name]: 'I see.' },
      );
    }
  });

  it('is kept in detail, as a list', () => {
    const detail = (words: string) => ({ type: 'reasoning.text', text: words, index: 0 });
    assert.deepEqual(
      message(delta({ reasoning_details: [detail('a')] }), delta({ reasoning_details: [detail('b')] })),
      { content: null, reasoning_details: [detail('a'), detail('b')] },
    );
  });
});

describe('a refusal', () => {
  it('is appended', () => {
    const choice = onlyChoice(
      delta({ role: 'assistant', content: '', refusal: null }),
      delta({ refusal: 'I can’t ' }),
      delta({ refusal: 'do that.' }),
      finish(),
    );
    assert.deepEqual(choice.message, { role: 'assistant', content: null, refusal: 'I can’t do that.' });
  });
});

describe('roles', () => {
  it('may be repeated in every delta, as OpenRouter does', () => {
    const piece = (content: string) => delta({ role: 'assistant', content });
    assert.deepEqual(message(piece('a'), piece('b'), piece('c'), finish()), { content: 'abc' });
  });

  it('may be null or empty', () => {
    assert.deepEqual(message(delta({ role: null, content: 'a' }), delta({ role: '', content: 'b' })), {
      content: 'ab',
    });
  });
});

describe('logprobs', () => {
  const token = (text: string) => ({ token: text, logprob: -0.5, bytes: null, top_logprobs: [] });

  it('are appended, also across chunks without any', () => {
    const choice = onlyChoice(
      delta({ content: '' }, { logprobs: { content: [], refusal: null } }),
      delta({ content: 'a' }, { logprobs: { content: [token('a')], refusal: null } }),
      delta({ content: 'b' }, { logprobs: null }),
      delta({ content: 'c' }),
      delta({ content: 'de' }, { logprobs: { content: [token('d'), token('e')], refusal: null } }),
      finish(),
    );
    assert.deepEqual(choice.logprobs, { content: [token('a'), token('d'), token('e')], refusal: null });
  });

  it('of a refusal have their own list', () => {
    const choice = onlyChoice(
      delta({ refusal: 'N' }, { logprobs: { content: null, refusal: [token('N')] } }),
      delta({ refusal: 'o' }, { logprobs: { refusal: [token('o')] } }),
      finish(),
    );
    assert.deepEqual(choice.logprobs, { content: null, refusal: [token('N'), token('o')] });
  });

  it('are null if none came', () => {
    assert.equal(onlyChoice(delta({ content: 'a' }, { logprobs: null }), finish()).logprobs, null);
  });

  // Copying the lists for each token would be seen by its slowness.
  it('may be many', () => {
    const chunks = Array.from({ length: 30_000 }, () =>
      delta({ content: 'a' }, { logprobs: { content: [token('a')], refusal: null } }),
    );
    assert.equal(onlyChoice(...chunks).logprobs?.content?.length, 30_000);
  });
});

describe('several choices', () => {
  const piece = (index: number, content: string, finish_reason: string | null = null) => ({
    index,
    delta: { content },
    finish_reason,
  });

  it('may interleave and share chunks, and are sorted by their index', () => {
    const completion = merge(
      chunk({ choices: [piece(2, 'x'), piece(0, 'a')] }),
      chunk({ choices: [piece(1, 'm')] }),
      chunk({ choices: [piece(0, 'b', 'stop')] }),
      chunk({ choices: [piece(1, 'n', 'length'), piece(2, 'y', 'stop')] }),
      chunk({ choices: [], usage: USAGE }),
    );
    assert.deepEqual(
      completion.choices.map(({ index, message: { content }, finish_reason }) => [
        index,
        content,
        finish_reason,
      ]),
      [
        [0, 'ab', 'stop'],
        [1, 'mn', 'length'],
        [2, 'xy', 'stop'],
      ],
    );
  });
});

describe('usage', () => {
  it('may come in the finish chunk', () => {
    assert.deepEqual(merge(delta({ content: 'a' }), { ...finish(), usage: USAGE }).usage, USAGE);
  });

  it('may come in a chunk that still has content', () => {
    const completion = merge({ ...delta({ content: 'a' }, { finish_reason: 'stop' }), usage: USAGE });
    assert.deepEqual([completion.usage, completion.choices[0]?.message.content], [USAGE, 'a']);
  });

  it('survives null behind it', () => {
    assert.deepEqual(merge({ ...finish(), usage: USAGE }, chunk({ choices: [], usage: null })).usage, USAGE);
  });

  it('is the last one where it is counted up', () => {
    const total = { ...USAGE, completion_tokens: 5, total_tokens: 8 };
    const counted = [
      { ...delta({ content: 'a' }), usage: USAGE },
      { ...delta({ content: 'b' }), usage: total },
    ];
    assert.deepEqual(merge(...counted).usage, total);
  });
});

describe('a spoken answer', () => {
  it('has its data and transcript appended, its id and end set', () => {
    assert.deepEqual(
      message(
        delta({ role: 'assistant', content: null, audio: { id: 'audio_1', transcript: 'He' } }),
        delta({ audio: { id: 'audio_1', transcript: 'llo' } }),
        delta({ audio: { data: 'QUJD' } }),
        delta({ audio: { data: 'REVG', transcript: null } }),
        // OpenAI leaves the reason out of this one.
        chunk({ choices: [{ index: 0, delta: { audio: { expires_at: 1_700_003_600 } } }] }),
        finish(),
      ),
      {
        content: null,
        audio: { id: 'audio_1', transcript: 'Hello', data: 'QUJDREVG', expires_at: 1_700_003_600 },
      },
    );
  });
});

describe('chunks that lack what they should have', () => {
  it('may be without choices', () => {
    for (const choices of [undefined, null, [], [null], 'none']) {
      const completion = merge(chunk({ choices }), delta({ content: 'a' }), chunk({ choices }), finish());
      assert.deepEqual(completion, merge(delta({ content: 'a' }), finish()));
    }
  });

  it('may be without a delta', () => {
    const bare = chunk({
      choices: [{ index: 0, finish_reason: null, content_filter_offsets: { start_offset: 1 } }],
    });
    assert.deepEqual(onlyChoice(bare, delta({ content: 'a' }), finish()), {
      ...onlyChoice(delta({ content: 'a' }), finish()),
      content_filter_offsets: { start_offset: 1 },
    });
    assert.equal(onlyChoice(delta({ content: 'a' }, { delta: null }), finish()).message.content, null);
  });

  it('may open with empty names and a creation at 0, as Azure’s do', () => {
    const opening = {
      id: '',
      object: '',
      created: 0,
      model: '',
      choices: [],
      prompt_filter_results: [{ prompt_index: 0, content_filter_results: {} }],
    };
    assert.deepEqual(merge(chunk(opening), delta({ content: 'a' }), finish()), {
      ...merge(delta({ content: 'a' }), finish()),
      prompt_filter_results: [{ prompt_index: 0, content_filter_results: {} }],
    });
  });

  it('may have null for a name', () => {
    const nameless = { ...delta({ content: 'a' }), id: null, created: null, model: null, object: null };
    const { id, created, model, object } = merge(chunk(nameless));
    assert.deepEqual([id, created, model, object], ['', 0, '', 'chat.completion']);
  });

  it('may change their id and creation on the way: the first stay', () => {
    const { id, created, model } = merge(
      delta({ content: 'a' }),
      chunk({ id: 'chatcmpl-2', created: 1_700_000_001, model: 'other', choices: [] }),
    );
    assert.deepEqual([id, created, model], ['chatcmpl-1', 1_700_000_000, 'small']);
  });

  it('may be without an index where there is one choice', () => {
    const { index, message: said } = onlyChoice(
      chunk({ choices: [{ delta: { content: 'a' } }] }),
      chunk({ choices: [{ index: null, delta: { content: 'b' }, finish_reason: 'stop' }] }),
    );
    assert.deepEqual([index, said.content], [0, 'ab']);
  });

  it('may repeat each delta as a message, which is not the whole one', () => {
    const piece = (content: string) => delta({ content }, { message: { role: 'assistant', content } });
    assert.deepEqual(message(piece('a'), piece('b'), finish()), { content: 'ab' });
  });
});

describe('members of choices', () => {
  it('are kept where nobody knows them', () => {
    const {
      index: _index,
      message: _message,
      ...others
    } = onlyChoice(
      delta({ content: 'a' }, { content_filter_results: {}, native_finish_reason: null }),
      delta({ content: 'b' }, { native_finish_reason: 'STOP', finish_reason: 'stop' }),
      delta({}, { native_finish_reason: null }),
    );
    assert.deepEqual(others, {
      logprobs: null,
      finish_reason: 'stop',
      content_filter_results: {},
      native_finish_reason: 'STOP',
    });
  });

  it('may change their kind: the last one stays', () => {
    assert.deepEqual(message(delta({ a: 'x', b: { c: 1 } }), delta({ a: { d: 2 }, b: 'y' })), {
      content: null,
      a: { d: 2 },
      b: 'y',
    });
  });

  it('may be citations in the delta, which are appended', () => {
    assert.deepEqual(message(delta({ annotations: [{ a: 1 }] }), delta({ annotations: [{ a: 2 }] })), {
      content: null,
      annotations: [{ a: 1 }, { a: 2 }],
    });
  });
});
