import assert from 'node:assert/strict';
import { describe, it } from 'node:test';

import type { ChatCompletionChunk } from '@colloquy/client/contract';
import { ChatCompletionStream } from 'openai/lib/ChatCompletionStream';

import { USAGE, chunk, delta, finish, merge, called } from './chunks.ts';

describe('the official accumulator', () => {
  async function mergeOfficially(chunks: readonly ChatCompletionChunk[]): Promise<unknown> {
    const lines = chunks.map((piece) => new TextEncoder().encode(`${JSON.stringify(piece)}\n`));
    return ChatCompletionStream.fromReadableStream(ReadableStream.from(lines)).finalChatCompletion();
  }

  /** Without null, which the official accumulator leaves out, and without the members of its own helpers. */
  function normalize(completion: unknown): unknown {
    return JSON.parse(JSON.stringify(completion), (name, member: unknown) =>
      member === null || name === 'parsed' || name === 'parsed_arguments' ? undefined : member,
    );
  }

  const role = delta({ role: 'assistant', content: '', refusal: null });
  const silentRole = delta({ role: 'assistant', content: null });
  const SERVER = { service_tier: 'default', system_fingerprint: 'fp_1' };
  const token = (text: string) => ({ token: text, logprob: -0.5, bytes: [97], top_logprobs: [] });

  const streams: Record<string, ChatCompletionChunk[]> = {
    text: [role, delta({ content: 'Hel' }), delta({ content: 'lo' }), finish()],
    'text with usage and obfuscation': [
      { ...role, ...SERVER, usage: null, obfuscation: 'xx' },
      { ...delta({ content: 'Hello' }), ...SERVER, usage: null, obfuscation: 'y' },
      { ...finish(), ...SERVER, usage: null, obfuscation: 'zzz' },
      { ...chunk({ choices: [] }), ...SERVER, usage: USAGE, obfuscation: '' },
    ],
    'text with logprobs': [
      delta({ role: 'assistant', content: '', refusal: null }, { logprobs: { content: [], refusal: null } }),
      delta({ content: 'a' }, { logprobs: { content: [token('a')], refusal: null } }),
      delta({ content: 'b' }, { logprobs: { content: [token('b')], refusal: null } }),
      finish(),
    ],
    'a refusal': [silentRole, delta({ refusal: 'I can’t ' }), delta({ refusal: 'do that.' }), finish()],
    'two tool calls': [
      delta({
        role: 'assistant',
        content: null,
        tool_calls: [{ index: 0, ...called('call_1', 'now', '') }],
      }),
      delta({ tool_calls: [{ index: 0, function: { arguments: '{"a"' } }] }),
      delta({ tool_calls: [{ index: 0, function: { arguments: ':1}' } }] }),
      delta({ tool_calls: [{ index: 1, ...called('call_2', 'add', '') }] }),
      delta({ tool_calls: [{ index: 1, function: { arguments: '[]' } }] }),
      finish('tool_calls'),
    ],
    'a custom tool call': [
      silentRole,
      delta({
        tool_calls: [{ index: 0, id: 'call_1', type: 'custom', custom: { name: 'write', input: '' } }],
      }),
      delta({ tool_calls: [{ index: 0, custom: { input: 'Dear ' } }] }),
      delta({ tool_calls: [{ index: 0, custom: { input: 'all' } }] }),
      finish('tool_calls'),
    ],
    'the older protocol': [
      delta({ role: 'assistant', content: null, function_call: { name: 'now', arguments: '' } }),
      delta({ function_call: { arguments: '{' } }),
      delta({ function_call: { arguments: '}' } }),
      finish('function_call'),
    ],
    'a spoken answer': [
      silentRole,
      delta({ audio: { id: 'audio_1', transcript: 'He' } }),
      delta({ audio: { transcript: 'llo', data: 'QUJD' } }),
      delta({ audio: { expires_at: 1_700_003_600 } }),
      finish(),
    ],
    'interleaved choices': [
      chunk({
        choices: [
          { index: 0, delta: { role: 'assistant', content: 'a' }, finish_reason: null },
          { index: 1, delta: { role: 'assistant', content: 'm' }, finish_reason: null },
        ],
      }),
      chunk({ choices: [{ index: 1, delta: { content: 'n' }, finish_reason: null }] }),
      chunk({ choices: [{ index: 0, delta: { content: 'b' }, finish_reason: null }] }),
      chunk({ choices: [{ index: 1, delta: {}, finish_reason: 'length' }] }),
      chunk({ choices: [{ index: 0, delta: {}, finish_reason: 'stop' }] }),
    ],
  };

  for (const [name, chunks] of Object.entries(streams)) {
    it(`agrees on ${name}`, async () => {
      assert.deepEqual(normalize(merge(...chunks)), normalize(await mergeOfficially(chunks)));
    });
  }
});
