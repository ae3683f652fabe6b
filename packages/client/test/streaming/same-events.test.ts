// The npm package `openai` and this client read the same streams, and tell the same.

import assert from 'node:assert/strict';
import { describe, it, type TestContext } from 'node:test';

import OpenAI from 'openai';

import { streamChatCompletion } from '../../src/streaming/stream-chat-completion.ts';
import { chunk, delta, finish, sse, USAGE } from '../chunks.ts';
import { events, listen } from '../listen.ts';
import { MESSAGES } from './ask.ts';

const NAMES = [
  'connect',
  'content',
  'content.delta',
  'content.done',
  'refusal.delta',
  'refusal.done',
  'tool_calls.function.arguments.delta',
  'tool_calls.function.arguments.done',
  'logprobs.content.delta',
  'logprobs.content.done',
  'logprobs.refusal.delta',
  'logprobs.refusal.done',
  'message',
  'chatCompletion',
  'functionToolCall',
  'finalChatCompletion',
  'finalMessage',
  'finalContent',
  'finalFunctionToolCall',
  'totalUsage',
  'end',
];

interface Told {
  on(event: never, listener: (...values: unknown[]) => void): unknown;
  done(): Promise<void>;
}

/** What a stream tells, as JSON: snapshots go on changing. */
async function record(stream: Told): Promise<unknown[]> {
  const told: unknown[] = [];
  for (const name of NAMES) {
    stream.on(name as never, (...values) => told.push([name, JSON.parse(JSON.stringify(values))]));
  }
  await stream.done();
  return told;
}

async function recordBoth(t: TestContext, chunks: object[], params: object = {}): Promise<unknown[][]> {
  const { baseURL } = await listen(t, events(sse(...chunks)));
  const request = { model: 'small', messages: MESSAGES, ...params };
  const theirs = new OpenAI({ baseURL, apiKey: 'none' }).chat.completions.stream(request as never);
  const ours = streamChatCompletion({ baseURL, apiKey: null }, request);
  return Promise.all([record(ours as unknown as Told), record(theirs as unknown as Told)]);
}

/** Members in one order, absent ones left out, as only meaning counts. */
async function assertSame(t: TestContext, chunks: object[], params?: object): Promise<void> {
  const [ours, theirs] = await recordBoth(t, chunks, params);
  assert.ok(ours && theirs && theirs.length > 5);
  assert.deepEqual(ours, theirs);
}

const START = delta({ role: 'assistant', content: '' });
const token = (text: string) => ({ token: text, logprob: -1, bytes: null, top_logprobs: [] });
const call = (members: object, index = 0) => delta({ tool_calls: [{ index, ...members }] });
const opening = (name: string, index = 0) =>
  call({ id: `call_${index}`, type: 'function', function: { name, arguments: '' } }, index);
const more = (text: string, index = 0) => call({ function: { arguments: text } }, index);

describe('the events of a stream', () => {
  it('are those of openai for words', async (t) => {
    await assertSame(t, [START, delta({ content: 'Hel' }), delta({ content: 'lo.' }), finish()]);
  });

  it('are those of openai for words with usage', async (t) => {
    await assertSame(t, [START, delta({ content: 'Hi' }), finish(), chunk({ choices: [], usage: USAGE })]);
  });

  it('are those of openai for a refusal', async (t) => {
    await assertSame(t, [
      delta({ role: 'assistant', refusal: '' }),
      delta({ refusal: 'I ' }),
      delta({ refusal: 'cannot.' }),
      finish(),
    ]);
  });

  it('are those of openai for probabilities', async (t) => {
    const logprobs = (content: object[] | null, refusal: object[] | null = null) => ({
      logprobs: { content, refusal },
    });
    await assertSame(t, [
      delta({ role: 'assistant', content: 'a' }, logprobs([token('a')])),
      delta({ content: 'b' }, logprobs([token('b')])),
      delta({ refusal: 'c' }, logprobs(null, [token('c')])),
      finish(),
    ]);
  });

  it('are those of openai for calls', async (t) => {
    await assertSame(t, [
      delta({ role: 'assistant', content: null }),
      opening('one'),
      more('{"a"'),
      more(':1}'),
      opening('two', 1),
      more('{}', 1),
      finish('tool_calls'),
    ]);
  });

  it('are those of openai for words before a call', async (t) => {
    await assertSame(t, [START, delta({ content: 'So:' }), opening('one'), more('{}'), finish('tool_calls')]);
  });

  it('are those of openai for strict tools', async (t) => {
    const tools = [{ type: 'function', function: { name: 'one', strict: true, parameters: {} } }];
    await assertSame(
      t,
      [
        delta({ role: 'assistant', content: null }),
        opening('one'),
        more('{"a":'),
        more('["b'),
        more('c"]}'),
        finish(),
      ],
      { tools },
    );
  });

  it('are those of openai for structured words', async (t) => {
    const response_format = { type: 'json_schema', json_schema: { name: 'x', schema: {} } };
    // They show half a word, and no number before its end; we the other way round.
    const pieces = ['{"a"', ': "b', 'c", "d":', ' [true', ', 1]}'];
    await assertSame(t, [START, ...pieces.map((content) => delta({ content })), finish()], {
      response_format,
    });
  });

  it('are those of openai for several choices', async (t) => {
    const of = (index: number, members: object, reason: string | null = null) =>
      chunk({ choices: [{ index, delta: members, finish_reason: reason }] });
    await assertSame(
      t,
      [
        of(0, { role: 'assistant', content: 'a' }),
        of(1, { role: 'assistant', content: 'b' }),
        of(1, {}, 'stop'),
        of(0, { content: 'c' }),
        of(0, {}, 'stop'),
      ],
      { n: 2 },
    );
  });
});
