import assert from 'node:assert/strict';
import { describe, it } from 'node:test';

import type { ChatCompletion, ChatCompletionChunk } from '@colloquy/client/contract';
import fc from 'fast-check';
import OpenAI from 'openai';

import { AbortFlag } from '../../../src/abort-flag.ts';
import { createElizaUpstream } from '../../../src/upstream/eliza/eliza-upstream.ts';
import { readWhole } from '../../../src/upstream/read-whole.ts';
import { callEliza, say } from './call-eliza.ts';

const SAD = 'I am sad.';
const SORRY = 'I am sorry to hear you are sad.';

async function complete(body: object): Promise<ChatCompletion> {
  const { status, contentType, pieces } = await callEliza(body);
  assert.deepEqual([status, contentType], [200, 'application/json'], pieces.join(''));
  return JSON.parse(pieces.join(''));
}

/** The chunks of a stream, after a look at its framing: one event in each piece. */
async function stream(body: object): Promise<ChatCompletionChunk[]> {
  const { status, contentType, pieces } = await callEliza({ ...body, stream: true });
  assert.deepEqual([status, contentType], [200, 'text/event-stream; charset=utf-8'], pieces.join(''));
  assert.equal(pieces.at(-1), 'data: [DONE]\n\n');
  return pieces.slice(0, -1).map((piece) => {
    const json = /^data: (.*)\n\n$/.exec(piece)?.[1];
    assert.ok(json !== undefined, piece);
    return JSON.parse(json);
  });
}

function contents(completion: ChatCompletion): Array<string | null> {
  return completion.choices.map((choice) => choice.message.content);
}

describe('a plain answer', () => {
  it('is a whole chat completion', async () => {
    const { id, created, ...rest } = await complete(say(SAD));
    assert.match(id, /^chatcmpl-\w{29,}$/);
    assert.ok(Math.abs(created - Date.now() / 1000) < 60);
    assert.deepEqual(rest, {
      object: 'chat.completion',
      model: 'eliza',
      choices: [
        {
          index: 0,
          message: { role: 'assistant', content: SORRY, refusal: null, annotations: [] },
          logprobs: null,
          finish_reason: 'stop',
        },
      ],
      usage: {
        prompt_tokens: 4,
        completion_tokens: 9,
        total_tokens: 13,
        prompt_tokens_details: { cached_tokens: 0, audio_tokens: 0 },
        completion_tokens_details: {
          reasoning_tokens: 0,
          audio_tokens: 0,
          accepted_prediction_tokens: 0,
          rejected_prediction_tokens: 0,
        },
      },
    });
  });

  it('has an id of its own', async () => {
    assert.notEqual((await complete(say(SAD))).id, (await complete(say(SAD))).id);
  });

  it('heeds what the user said before, and only the user', async () => {
    const messages = [
      { role: 'system', content: 'You are my computer.' },
      { role: 'user', content: 'Yes.' },
      { role: 'assistant', content: 'You seem quite positive.' },
      { role: 'user', content: 'Yes.' },
    ];
    const completion = await complete({ model: 'eliza', messages });
    assert.deepEqual(contents(completion), ['You are sure?']);
    assert.equal(completion.usage?.prompt_tokens, 4);
  });

  it('opens the conversation when the user has not spoken', async () => {
    const completion = await complete({
      model: 'eliza',
      messages: [{ role: 'system', content: 'Be brief.' }],
    });
    assert.deepEqual(contents(completion), ['How do you do. Please tell me your problem.']);
    assert.equal(completion.usage?.prompt_tokens, 0);
  });

  it('joins the texts of the parts and passes over the others', async () => {
    const content = [
      { type: 'text', text: 'I am' },
      { type: 'image_url', image_url: { url: 'data:image/png;base64,AAAA' } },
      { type: 'text', text: 'sad.' },
    ];
    assert.deepEqual(contents(await complete({ model: 'eliza', messages: [{ role: 'user', content }] })), [
      SORRY,
    ]);
  });

  it('ignores what it does not know', async () => {
    const extras = { temperature: 2, tools: [], response_format: { type: 'json_object' }, brand_new: [{}] };
    assert.deepEqual(contents(await complete({ ...say(SAD), ...extras })), [SORRY]);
  });

  it('takes null for absent', async () => {
    const nulls = {
      n: null,
      stop: null,
      stream: null,
      stream_options: null,
      max_tokens: null,
      max_completion_tokens: null,
    };
    assert.deepEqual(contents(await complete({ ...say(SAD), ...nulls })), [SORRY]);
  });
});

describe('several choices', () => {
  it('differ where the script has alternatives, and are the same each time', async () => {
    const request = { ...say(SAD), n: 4 };
    const completion = await complete(request);
    assert.deepEqual(contents(completion), [
      SORRY,
      'Do you think coming here will help you not to be sad?',
      "I'm sure it's not pleasant to be sad.",
      'Can you explain what made you sad?',
    ]);
    assert.deepEqual(contents(await complete(request)), contents(completion));
    assert.deepEqual(
      completion.choices.map((choice) => choice.index),
      [0, 1, 2, 3],
    );
  });

  it('are as many as 128, and are counted together', async () => {
    const completion = await complete({ ...say('Hello'), n: 128 });
    assert.equal(completion.choices.length, 128);
    assert.equal(completion.usage?.completion_tokens, 128 * 10);
  });
});

describe('the end of an answer', () => {
  const cut = async (limits: object) => {
    const { choices, usage } = await complete({ ...say(SAD), ...limits });
    return [choices[0]?.message.content, choices[0]?.finish_reason, usage?.completion_tokens];
  };

  it('comes before a stop text, the earliest of several', async () => {
    assert.deepEqual(await cut({ stop: ' to hear' }), ['I am sorry', 'stop', 3]);
    assert.deepEqual(await cut({ stop: ['sad', 'hear', 'nothing', 'you'] }), ['I am sorry to ', 'stop', 5]);
  });

  it('comes at the limit of tokens', async () => {
    assert.deepEqual(await cut({ max_completion_tokens: 2 }), ['I am', 'length', 2]);
    assert.deepEqual(await cut({ max_tokens: 2 }), ['I am', 'length', 2]);
    assert.deepEqual(await cut({ max_completion_tokens: 1, max_tokens: 2 }), ['I', 'length', 1]);
    assert.deepEqual(await cut({ max_completion_tokens: 0 }), ['', 'length', 0]);
  });

  it('is no cut when the answer just fits', async () => {
    assert.deepEqual(await cut({ max_completion_tokens: 9 }), [SORRY, 'stop', 9]);
    assert.deepEqual(await cut({ max_completion_tokens: 8 }), [SORRY.slice(0, -1), 'length', 8]);
  });

  it('is whichever comes first', async () => {
    assert.deepEqual(await cut({ stop: 'you', max_tokens: 2 }), ['I am', 'length', 2]);
    assert.deepEqual(await cut({ stop: 'sorry', max_tokens: 3 }), ['I am ', 'stop', 3]);
  });

  it('does not come at an empty stop text', async () => {
    assert.deepEqual(await cut({ stop: ['', 'you'] }), ['I am sorry to hear ', 'stop', 6]);
  });
});

describe('a stream', () => {
  it('brings role, words and finish in the order of the wire, without usage', async () => {
    const chunks = await stream({ ...say(SAD), max_completion_tokens: 2 });
    const [first] = chunks;
    for (const chunk of chunks) {
      assert.equal(chunk.object, 'chat.completion.chunk');
      assert.equal(chunk.model, 'eliza');
      assert.deepEqual([chunk.id, chunk.created], [first?.id, first?.created]);
      assert.ok(!('usage' in chunk));
    }
    assert.deepEqual(
      chunks.map((chunk) => chunk.choices),
      [
        [
          {
            index: 0,
            delta: { role: 'assistant', content: '', refusal: null },
            logprobs: null,
            finish_reason: null,
          },
        ],
        [{ index: 0, delta: { content: 'I' }, logprobs: null, finish_reason: null }],
        [{ index: 0, delta: { content: ' am' }, logprobs: null, finish_reason: null }],
        [{ index: 0, delta: {}, logprobs: null, finish_reason: 'length' }],
      ],
    );
  });

  it('brings the usage last, if asked, and null before', async () => {
    const chunks = await stream({ ...say(SAD), stream_options: { include_usage: true } });
    const last = chunks.pop();
    assert.deepEqual(last?.choices, []);
    assert.deepEqual(last?.usage, (await complete(say(SAD))).usage);
    assert.ok(chunks.length > 0);
    for (const chunk of chunks) assert.equal(chunk.usage, null);
  });

  it('lets the choices advance side by side', async () => {
    const chunks = await stream({ ...say(SAD), n: 2, max_tokens: 1 });
    assert.deepEqual(
      chunks.flatMap((chunk) =>
        chunk.choices.map((choice) => [choice.index, choice.delta.content, choice.finish_reason]),
      ),
      [
        [0, '', null],
        [1, '', null],
        [0, 'I', null],
        [1, 'Do', null],
        [0, undefined, 'length'],
        [1, undefined, 'length'],
      ],
    );
  });

  it('says what the plain answer says, to an official client', async () => {
    const client = new OpenAI({
      apiKey: 'none',
      baseURL: 'http://eliza.test/v1',
      fetch: async (_, init) => {
        const { status, contentType, pieces } = await callEliza(init?.body);
        return new Response(pieces.join(''), { status, headers: { 'content-type': String(contentType) } });
      },
    });
    const turn = fc.oneof(
      fc.string({ unit: 'binary' }),
      fc.constantFrom('I remember 🗼 東京', 'My cat', 'You hate me'),
    );
    const params = fc.record({
      n: fc.integer({ min: 1, max: 5 }),
      stop: fc.array(fc.constantFrom('you', ' ', '?', 'e', '🗼'), { maxLength: 4 }),
      max_completion_tokens: fc.option(fc.nat({ max: 12 })),
    });
    await fc.assert(
      fc.asyncProperty(fc.array(turn, { minLength: 1, maxLength: 4 }), params, async (turns, limits) => {
        const messages = turns.map((content) => ({ role: 'user' as const, content }));
        const request = { model: 'eliza', messages, ...limits };
        const plain = await client.chat.completions.create(request);
        const streamed = await client.chat.completions
          .stream({ ...request, stream_options: { include_usage: true } })
          .finalChatCompletion();
        const outline = ({ choices, usage }: OpenAI.ChatCompletion) => ({
          usage,
          choices: choices.map((choice) => [choice.index, choice.message.content, choice.finish_reason]),
        });
        assert.deepEqual(outline(streamed), outline(plain));
        assert.equal(plain.choices.length, limits.n);
      }),
      { numRuns: 50 },
    );
  });

  it('yields to the event loop between chunks', async () => {
    const answer = await createElizaUpstream().createChatCompletion({
      body: new TextEncoder().encode(JSON.stringify({ ...say(SAD), stream: true })),
      headers: {},
      abort: new AbortFlag(),
    });
    let turnsOfLoop = 0;
    const count = () => {
      turnsOfLoop += 1;
      immediate = setImmediate(count);
    };
    let immediate = setImmediate(count);
    let chunks = 0;
    await answer.body.deliver(() => {
      chunks += 1;
      return undefined;
    });
    clearImmediate(immediate);
    assert.ok(turnsOfLoop >= chunks - 1, `${turnsOfLoop} turns of the loop for ${chunks} chunks`);
  });
});

describe('an aborted call', () => {
  const call = (abort: AbortFlag, body: object = { ...say(SAD), stream: true }) =>
    createElizaUpstream().createChatCompletion({
      body: new TextEncoder().encode(JSON.stringify(body)),
      headers: {},
      abort,
    });

  it('throws the reason before anything is read', async () => {
    const reason = new Error('gone');
    const abort = new AbortFlag();
    abort.abort(reason);
    await assert.rejects(call(abort), reason);
    await assert.rejects(createElizaUpstream().listModels(abort), reason);
  });

  it('throws the reason amid the stream', async () => {
    const abort = new AbortFlag();
    const reason = new Error('gone');
    const answer = await call(abort);
    let chunks = 0;
    const delivered = answer.body.deliver(() => {
      chunks += 1;
      if (chunks === 3) abort.abort(reason);
      return undefined;
    });
    await assert.rejects(delivered, reason);
    assert.equal(chunks, 3);
  });

  it('throws the reason before a plain body', async () => {
    const abort = new AbortFlag();
    const answer = await call(abort, say(SAD));
    abort.abort(new Error('gone'));
    await assert.rejects(readWhole(answer.body, 1_000_000), /gone/);
  });
});

describe('the list of models', () => {
  it('has the one model, and says what it is', async () => {
    const models = await createElizaUpstream().listModels(new AbortFlag());
    assert.deepEqual(
      models.map(({ id, object, created }) => ({ id, object, created })),
      [{ id: 'eliza', object: 'model', created: 0 }],
    );
    assert.match(models[0]?.owned_by ?? '', /1966.*pattern-matching.*not a language model/);
  });
});
