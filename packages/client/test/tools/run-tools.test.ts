import assert from 'node:assert/strict';
import { describe, it, type TestContext } from 'node:test';

import type { ChatCompletionCreateParams, ChatCompletionMessageParam } from '@colloquy/client/contract';
import OpenAI from 'openai';
import { z } from 'zod';

import { APIError, APIUserAbortError, LengthFinishReasonError } from '../../src/errors.ts';
import { standardFunction, standardResponseFormat } from '../../src/schema/index.ts';
import {
  ChatCompletionStreamingRunner,
  runTools,
  type ChatCompletionRunner,
  type RunnerOptions,
} from '../../src/tools/index.ts';
import { chunk, delta, finish, sse, USAGE } from '../chunks.ts';
import { events, json, listen, type Answer } from '../listen.ts';

const MESSAGES: ChatCompletionMessageParam[] = [{ role: 'user', content: 'How warm is Rome?' }];
const Place = z.object({ city: z.string() });

/** What the model says in one round: words, or calls as `[name, arguments]`. */
type Turn = string | ReadonlyArray<readonly [name: string, args: string]>;

function toMessage(turn: Turn): object {
  const message = { role: 'assistant', content: null, refusal: null };
  if (typeof turn === 'string') return { ...message, content: turn };
  const tool_calls = turn.map(([name, args], index) => ({
    id: `call_${index}`,
    type: 'function',
    function: { name, arguments: args },
  }));
  return { ...message, tool_calls };
}

function answerPlain(turn: Turn, round: number): Answer {
  const message = toMessage(turn);
  const choice = {
    index: 0,
    finish_reason: typeof turn === 'string' ? 'stop' : 'tool_calls',
    logprobs: null,
    message,
  };
  const id = `chatcmpl-${round}`;
  return json({ id, object: 'chat.completion', created: 1, model: 'small', choices: [choice], usage: USAGE });
}

function answerStream(turn: Turn, round: number): Answer {
  const id = `chatcmpl-${round}`;
  const { tool_calls, ...words } = toMessage(turn) as { tool_calls?: object[] };
  const pieces = (tool_calls ?? []).map((call, index) => delta({ tool_calls: [{ index, ...call }] }));
  const chunks = [
    delta(words),
    ...pieces,
    finish(tool_calls ? 'tool_calls' : 'stop'),
    chunk({ choices: [], usage: USAGE }),
  ];
  return events(sse(...chunks.map((each) => ({ ...each, id }))));
}

/** A model that says this, turn by turn, and what it was asked. */
async function script(t: TestContext, turns: readonly Turn[], stream = false) {
  let round = 0;
  const asked: ChatCompletionCreateParams[] = [];
  const { baseURL } = await listen(t, (response, request) => {
    asked.push(JSON.parse(request.text) as ChatCompletionCreateParams);
    const turn = turns[round] ?? 'Nothing more.';
    round += 1;
    return (stream ? answerStream : answerPlain)(turn, round)(response, request);
  });
  return { client: { baseURL, apiKey: null }, asked };
}

function lastMessage(params: ChatCompletionCreateParams | undefined): unknown {
  return params?.messages.at(-1);
}

const warmth = standardFunction({
  name: 'warmth',
  parameters: Place,
  function: ({ city }) => ({ city, degrees: 21 }),
});

for (const stream of [false, true]) {
  /** What both kinds have in common is what one of them has. */
  const run = (client: object, params: object, options?: RunnerOptions): ChatCompletionRunner<unknown> =>
    runTools(
      client,
      { model: 'small', messages: MESSAGES, stream, tools: [warmth], ...params },
      options,
    ) as ChatCompletionRunner<unknown>;

  describe(stream ? 'a run of streams' : 'a run', () => {
    it('calls what the model calls, and tells it the result', async (t) => {
      const { client, asked } = await script(
        t,
        [[['warmth', '{"city":"Rome"}']], 'It is 21 degrees.'],
        stream,
      );
      const runner = run(client, {});
      assert.equal(await runner.finalContent(), 'It is 21 degrees.');
      assert.equal(asked.length, 2);
      assert.deepEqual(asked[1]?.messages, [
        ...MESSAGES,
        toMessage([['warmth', '{"city":"Rome"}']]),
        { role: 'tool', tool_call_id: 'call_0', content: '{"city":"Rome","degrees":21}' },
      ]);
      assert.deepEqual(asked[0]?.tools, JSON.parse(JSON.stringify([warmth])));
      assert.equal(asked[0]?.tool_choice, 'auto');
      assert.deepEqual(
        runner.messages.map(({ role }) => role),
        ['user', 'assistant', 'tool', 'assistant'],
      );
      assert.equal(runner.allChatCompletions().length, 2);
      assert.equal((await runner.totalUsage()).total_tokens, 2 * USAGE.total_tokens);
      assert.equal((await runner.finalFunctionToolCall())?.name, 'warmth');
      assert.equal(await runner.finalFunctionToolCallResult(), '{"city":"Rome","degrees":21}');
    });

    it('tells what happens', async (t) => {
      const { client } = await script(t, [[['warmth', '{"city":"Rome"}']], 'Warm.'], stream);
      const runner = run(client, {});
      const told: unknown[] = [];
      runner.on('connect', () => told.push('connect'));
      runner.on('chatCompletion', ({ id }) => told.push(id));
      runner.on('message', ({ role }) => told.push(role));
      runner.on('functionToolCall', ({ name }) => told.push(name));
      runner.on('functionToolCallResult', (content) => told.push(content));
      runner.on('finalContent', (content) => told.push(content));
      runner.on('finalFunctionToolCall', ({ name }) => told.push(name));
      runner.on('finalFunctionToolCallResult', (content) => told.push(content));
      runner.on('end', () => told.push('end'));
      await runner.done();
      const result = '{"city":"Rome","degrees":21}';
      assert.deepEqual(
        told,
        [
          ['connect', 'chatcmpl-1', 'assistant', 'warmth', 'tool', result],
          ['connect', 'chatcmpl-2', 'assistant', 'Warm.', 'warmth', result, 'end'],
        ].flat(),
      );
    });

    it('takes tools with their functions inside', async (t) => {
      const turns = [
        [
          ['raw', '{"a":1}'],
          ['parsed', '{"a":1}'],
        ],
        'Done.',
      ] as const;
      const { client, asked } = await script(t, turns, stream);
      const got: unknown[] = [];
      function raw(args: string): string {
        got.push(args);
        return 'as it is';
      }
      const parsed = {
        name: 'parsed',
        parse: JSON.parse,
        parameters: {},
        function: (args: object) => void got.push(args),
      };
      const tools = [
        { type: 'function', function: { function: raw, parameters: {} } },
        { type: 'function', function: parsed },
      ] as const;
      await run(client, { tools }).done();
      assert.deepEqual(got, ['{"a":1}', { a: 1 }]);
      assert.deepEqual(asked[0]?.tools, [
        { type: 'function', function: { name: 'raw', parameters: {} } },
        { type: 'function', function: { name: 'parsed', parameters: {} } },
      ]);
      assert.deepEqual(
        asked[1]?.messages.slice(2).map(({ content }) => content),
        ['as it is', 'undefined'],
      );
    });

    it('gives each function the run and the context', async (t) => {
      const { client } = await script(t, [[['f', '{}']]], stream);
      const got: unknown[] = [];
      const f = { parameters: {}, function: (...args: unknown[]) => (got.push(...args), 'ok') };
      const toolContext = { user: 'me' };
      const runner = run(client, {
        toolContext,
        tools: [{ type: 'function', function: { name: 'f', ...f } }],
      });
      await runner.done();
      assert.deepEqual(got, ['{}', runner, toolContext]);
    });

    it('tells the model of a function that there is not', async (t) => {
      const { client, asked } = await script(t, [[['coldness', '{}']], 'Sorry.'], stream);
      await run(client, {}).done();
      assert.deepEqual(lastMessage(asked[1]), {
        role: 'tool',
        tool_call_id: 'call_0',
        content: 'Invalid tool_call: "coldness". Available options are: "warmth". Please try again',
      });
    });

    it('tells the model of arguments that cannot be parsed', async (t) => {
      const turns = [
        [['warmth', '{"city":']],
        [['warmth', '{"city":1}']],
        [['warmth', '{"city":"Rome"}']],
        'Warm.',
      ] as const;
      const { client, asked } = await script(t, turns, stream);
      const runner = run(client, {});
      assert.equal(await runner.finalContent(), 'Warm.');
      const results = asked.slice(1).map((params) => (lastMessage(params) as { content: string }).content);
      assert.match(results[0] ?? '', /not JSON: \{"city":$/);
      assert.match(results[1] ?? '', /does not fit its schema: city: /);
      assert.equal(results[2], '{"city":"Rome","degrees":21}');
    });

    it('ends with what a function throws', async (t) => {
      const { client, asked } = await script(t, [[['f', '{}']]], stream);
      const cause = new RangeError('mine');
      const f = {
        name: 'f',
        parameters: {},
        function: () => {
          throw cause;
        },
      };
      const runner = run(client, { tools: [{ type: 'function', function: f }] });
      await assert.rejects(runner.done(), { name: 'ColloquyError', message: 'mine', cause });
      assert.equal(asked.length, 1);
    });

    it('runs the calls of one answer at the same time, and answers in their order', async (t) => {
      const turns = [
        [
          ['first', '{}'],
          ['second', '{}'],
        ],
        'Done.',
      ] as const;
      const { client, asked } = await script(t, turns, stream);
      const { promise, resolve } = Promise.withResolvers<string>();
      const tools = [
        { type: 'function', function: { name: 'first', parameters: {}, function: () => promise } },
        {
          type: 'function',
          function: { name: 'second', parameters: {}, function: () => (resolve('1st'), '2nd') },
        },
      ];
      await run(client, { tools }).done();
      assert.deepEqual(
        asked[1]?.messages.slice(2).map(({ content }) => content),
        ['1st', '2nd'],
      );
    });

    it('runs them one by one if they may not be parallel', async (t) => {
      const turns = [
        [
          ['f', '1'],
          ['f', '2'],
        ],
        'Done.',
      ] as const;
      const { client, asked } = await script(t, turns, stream);
      const order: string[] = [];
      const f = async (args: string) => {
        order.push(`begin ${args}`);
        await Promise.resolve();
        order.push(`end ${args}`);
        return args;
      };
      const tools = [{ type: 'function', function: { name: 'f', parameters: {}, function: f } }];
      await run(client, { tools, parallel_tool_calls: false }).done();
      assert.deepEqual(order, ['begin 1', 'end 1', 'begin 2', 'end 2']);
      assert.equal(asked[0]?.parallel_tool_calls, false);
      assert.equal(asked[1]?.messages.length, 4);
    });

    it('does not ask again once the one function has run that it asked for', async (t) => {
      const turns = [[['coldness', '{}']], [['warmth', '{"city":"Rome"}']]] as const;
      const { client, asked } = await script(t, turns, stream);
      const tool_choice = { type: 'function', function: { name: 'warmth' } } as const;
      const runner = run(client, { tool_choice });
      assert.equal(await runner.finalFunctionToolCallResult(), '{"city":"Rome","degrees":21}');
      assert.equal(asked.length, 2);
      assert.deepEqual(asked[1]?.tool_choice, tool_choice);
      assert.match((lastMessage(asked[1]) as { content: string }).content, /Available options are: "warmth"/);
    });

    it('asks ten times at most, or as often as it is told', async (t) => {
      const endless = Array.from({ length: 20 }, () => [['warmth', '{"city":"Rome"}']] as const);
      const first = await script(t, endless, stream);
      await run(first.client, {}).done();
      assert.equal(first.asked.length, 10);
      const second = await script(t, endless, stream);
      const runner = run(second.client, {}, { maxChatCompletions: 2 });
      await runner.done();
      assert.equal(second.asked.length, 2);
      assert.equal(runner.messages.at(-1)?.role, 'tool');
    });

    it('waits for what is done after each completion, which may say more', async (t) => {
      const { client, asked } = await script(t, [[['warmth', '{"city":"Rome"}']], 'Warm.'], stream);
      const after: unknown[] = [];
      const runner = run(
        client,
        {},
        {
          afterCompletion: async (completion, { messages }) => {
            await Promise.resolve();
            after.push([completion.id, messages.at(-1)?.role]);
            if (after.length === 1) messages.push({ role: 'user', content: 'Be quick.' });
          },
        },
      );
      await runner.done();
      assert.deepEqual(after, [
        ['chatcmpl-1', 'tool'],
        ['chatcmpl-2', 'assistant'],
      ]);
      assert.deepEqual(lastMessage(asked[1]), { role: 'user', content: 'Be quick.' });
    });

    it('sends back what the model said, and nothing of its own', async (t) => {
      const { client, asked } = await script(t, [[['warmth', '{"city":"Rome"}']], 'Warm.'], stream);
      const runner = run(
        client,
        { response_format: { type: 'json_schema', json_schema: { name: 'x' } }, n: 1 },
        {
          afterCompletion: (_completion, { messages }) => {
            Object.assign(messages.find(({ role }) => role === 'assistant') ?? {}, {
              reasoning_content: 'Hm.',
              audio: { id: 'a', data: 'AAAA', expires_at: 1, transcript: 'Hm.' },
            });
          },
        },
      );
      await runner.done().catch(() => undefined);
      const { tool_calls, ...said } = { ...asked[1]?.messages[1] } as Record<string, unknown>;
      const expected = {
        role: 'assistant',
        content: null,
        refusal: null,
        reasoning_content: 'Hm.',
        audio: { id: 'a' },
      };
      assert.deepEqual(said, expected);
      assert.deepEqual(
        tool_calls,
        (toMessage([['warmth', '{"city":"Rome"}']]) as { tool_calls: unknown }).tool_calls,
      );
    });

    it('reads the last words by the response format', async (t) => {
      const { client } = await script(t, [[['warmth', '{"city":"Rome"}']], '{"city":"Rome"}'], stream);
      const runner = run(client, { response_format: standardResponseFormat(Place, 'place') });
      assert.deepEqual((await runner.finalChatCompletion()).choices[0]?.message.parsed, { city: 'Rome' });
    });

    it('reads arguments for those who look at the messages', async (t) => {
      const { client } = await script(
        t,
        [
          [
            ['warmth', '{"city":"Rome"}'],
            ['warmth', 'no'],
          ],
          'Warm.',
        ],
        stream,
      );
      const runner = run(client, {});
      await runner.done();
      const calls = runner.allChatCompletions()[0]?.choices[0]?.message.tool_calls ?? [];
      assert.deepEqual(
        calls.map((call) => call.type === 'function' && call.function.parsed_arguments),
        [{ city: 'Rome' }, null],
      );
    });

    it('refuses several answers, and tools that cannot be called', async (t) => {
      const { client, asked } = await script(t, [], stream);
      await assert.rejects(run(client, { n: 2 }).done(), { name: 'ColloquyError', message: /^n: / });
      const tools = [standardFunction({ name: 'idle', parameters: Place })];
      await assert.rejects(run(client, { tools }).done(), {
        name: 'ColloquyError',
        message: /^tools: "idle" /,
      });
      await assert.rejects(run(client, { tools: undefined }).done(), {
        name: 'ColloquyError',
        message: /^tools: /,
      });
      assert.equal(asked.length, 0);
    });

    it('fails as its requests do', async (t) => {
      const { baseURL } = await listen(t, json({ error: { message: 'No.' } }, 400));
      await assert.rejects(run({ baseURL, apiKey: null }, {}).finalContent(), APIError);
    });

    it('does not call what was cut off', async (t) => {
      const choice = { index: 0, finish_reason: 'length', logprobs: null };
      const cut = toMessage([['warmth', '{"city":"Ro']]);
      const plain = json({
        id: 'c',
        object: 'chat.completion',
        created: 1,
        model: 'm',
        choices: [{ ...choice, message: cut }],
      });
      const { tool_calls } = cut as { tool_calls: object[] };
      const streamed = events(sse(delta({ tool_calls: [{ index: 0, ...tool_calls[0] }] }), finish('length')));
      const { baseURL } = await listen(t, stream ? streamed : plain);
      await assert.rejects(run({ baseURL, apiKey: null }, {}).done(), LengthFinishReasonError);
    });

    it('ends at once when it is aborted, though a function goes on', async (t) => {
      const { client, asked } = await script(t, [[['f', '{}']]], stream);
      const tools = [
        {
          type: 'function',
          function: {
            name: 'f',
            parameters: {},
            function: (_: unknown, runner: { abort(): void }) => (
              runner.abort(),
              new Promise(() => undefined)
            ),
          },
        },
      ];
      const runner = run(client, { tools });
      await assert.rejects(runner.done(), APIUserAbortError);
      assert.ok(runner.aborted);
      assert.equal(asked.length, 1);
    });

    it('calls nothing more after an abort', async (t) => {
      const turns = [
        [
          ['f', '1'],
          ['f', '2'],
        ],
      ] as const;
      const { client, asked } = await script(t, turns, stream);
      const caller = new AbortController();
      const called: string[] = [];
      const f = (args: string) => {
        called.push(args);
        caller.abort();
        return 'done';
      };
      const tools = [{ type: 'function', function: { name: 'f', parameters: {}, function: f } }];
      const runner = run(client, { tools, parallel_tool_calls: false }, { signal: caller.signal });
      await assert.rejects(runner.done(), APIUserAbortError);
      await new Promise(setImmediate);
      assert.deepEqual(called, ['1']);
      assert.equal(asked.length, 1);
    });
  });
}

describe('a run', () => {
  it('tells of words as they are whole', async (t) => {
    const { client } = await script(t, [[['warmth', '{"city":"Rome"}']], 'Warm.']);
    const runner = runTools(client, { model: 'small', messages: MESSAGES, tools: [warmth] });
    const words: unknown[] = [];
    runner.on('content', (...values) => words.push(values));
    await runner.done();
    assert.deepEqual(words, [['Warm.']]);
  });

  it('leaves custom tools to the caller', async (t) => {
    const call = { id: 'c', type: 'custom', custom: { name: 'own', input: 'x' } };
    const choice = {
      index: 0,
      finish_reason: 'tool_calls',
      logprobs: null,
      message: { role: 'assistant', content: null, tool_calls: [call] },
    };
    const { baseURL } = await listen(
      t,
      json({ id: 'c', object: 'chat.completion', created: 1, model: 'm', choices: [choice] }),
    );
    const tools = [warmth, { type: 'custom', custom: { name: 'own' } }] as const;
    const runner = runTools({ baseURL, apiKey: null }, { model: 'small', messages: MESSAGES, tools });
    assert.deepEqual((await runner.finalMessage()).tool_calls, [call]);
    assert.equal(runner.allChatCompletions().length, 1);
  });
});

describe('a run of streams', () => {
  it('tells what each stream brings', async (t) => {
    const { client } = await script(t, [[['warmth', '{"city":"Rome"}']], 'Warm.'], true);
    const runner = runTools(client, { model: 'small', messages: MESSAGES, stream: true, tools: [warmth] });
    assert.ok(runner instanceof ChatCompletionStreamingRunner);
    const told: unknown[] = [];
    runner.on('content', (words, snapshot) => told.push([words, snapshot]));
    runner.on('tool_calls.function.arguments.done', (event) => told.push(event.parsed_arguments));
    const chunks = await Array.fromAsync(runner);
    assert.deepEqual(told, [{ city: 'Rome' }, ['Warm.', 'Warm.']]);
    assert.deepEqual([...new Set(chunks.map(({ id }) => id))], ['chatcmpl-1', 'chatcmpl-2']);
  });

  it('goes on to somebody else', async (t) => {
    const { client } = await script(t, [[['warmth', '{"city":"Rome"}']], 'Warm.'], true);
    const runner = runTools(client, { model: 'small', messages: MESSAGES, stream: true, tools: [warmth] });
    const copy = ChatCompletionStreamingRunner.fromReadableStream(runner.toReadableStream());
    assert.equal(await copy.finalContent(), 'Warm.');
    assert.deepEqual(
      copy.allChatCompletions().map(({ id }) => id),
      ['chatcmpl-1', 'chatcmpl-2'],
    );
    assert.equal(await copy.finalFunctionToolCallResult(), '{"city":"Rome","degrees":21}');
    assert.deepEqual(
      copy.messages.map(({ role }) => role),
      ['assistant', 'tool', 'assistant'],
    );
  });

  it('goes on to openai, and comes from there', async (t) => {
    const turns = [[['warmth', '{"city":"Rome"}']], 'Warm.'] as const;
    const params = { model: 'small', messages: MESSAGES, stream: true, tools: [warmth] } as const;
    const first = await script(t, turns, true);
    const ours = runTools(first.client, params);
    const { ChatCompletionStreamingRunner: Theirs } =
      await import('openai/lib/ChatCompletionStreamingRunner');
    const fromOurs = Theirs.fromReadableStream(ours.toReadableStream());
    assert.equal(await fromOurs.finalFunctionToolCallResult(), '{"city":"Rome","degrees":21}');
    assert.equal(await fromOurs.finalContent(), 'Warm.');

    const second = await script(t, turns, true);
    const theirs = Theirs.runTools(new OpenAI({ ...second.client, apiKey: 'none' }), params as never);
    const fromTheirs = ChatCompletionStreamingRunner.fromReadableStream(
      theirs.toReadableStream() as ReadableStream<Uint8Array>,
    );
    assert.equal(await fromTheirs.finalFunctionToolCallResult(), '{"city":"Rome","degrees":21}');
    assert.equal(await fromTheirs.finalContent(), 'Warm.');
  });

  it('goes on though it ends with a result', async (t) => {
    const { client } = await script(t, [[['warmth', '{"city":"Rome"}']]], true);
    const params = { model: 'small', messages: MESSAGES, stream: true, tools: [warmth] } as const;
    const runner = runTools(client, params, { maxChatCompletions: 1 });
    const copy = ChatCompletionStreamingRunner.fromReadableStream(runner.toReadableStream());
    await copy.done();
    assert.equal(copy.messages.at(-1)?.role, 'tool');
  });
});
