// Chunks as tests write them, and the completion that they merge into.

import assert from 'node:assert/strict';

import type { ChatCompletion, ChatCompletionChunk } from '@colloquy/client/contract';

import { ChatCompletionAccumulator } from '../src/accumulator.ts';

export const HEAD = {
  id: 'chatcmpl-1',
  object: 'chat.completion.chunk',
  created: 1_700_000_000,
  model: 'small',
};
export const USAGE = { prompt_tokens: 3, completion_tokens: 4, total_tokens: 7 };

/** A chunk as its JSON says, which need not be what the type says. */
export function chunk(members: object): ChatCompletionChunk {
  return { ...HEAD, ...members } as unknown as ChatCompletionChunk;
}

/** A chunk with one choice, the first one. */
export function delta(members: object, choice: object = {}): ChatCompletionChunk {
  return chunk({ choices: [{ index: 0, delta: members, finish_reason: null, ...choice }] });
}

export function finish(reason = 'stop'): ChatCompletionChunk {
  return delta({}, { finish_reason: reason });
}

/** The chunks as the event stream of a whole answer. */
export function sse(...chunks: readonly object[]): string {
  return [...chunks.map((each) => JSON.stringify(each)), '[DONE]']
    .map((data) => `data: ${data}\n\n`)
    .join('');
}

export function merge(...chunks: ChatCompletionChunk[]): ChatCompletion {
  const accumulator = new ChatCompletionAccumulator();
  for (const piece of chunks) accumulator.add(piece);
  return accumulator.completion();
}

/** The first choice's message, without the members that every message has. */
export function message(...chunks: ChatCompletionChunk[]): object {
  const { role, refusal, ...others } = onlyChoice(...chunks).message;
  assert.deepEqual([role, refusal], ['assistant', null]);
  return others;
}

export function onlyChoice(...chunks: ChatCompletionChunk[]): ChatCompletion.Choice {
  const [choice, ...others] = merge(...chunks).choices;
  assert.ok(choice);
  assert.deepEqual(others, []);
  return choice;
}

/** The tool calls merged from these fragments, each in a chunk of its own. */
export function calls(...fragments: object[]): unknown[] {
  const pieces = fragments.map((fragment) => delta({ tool_calls: [fragment] }));
  return onlyChoice(...pieces, finish('tool_calls')).message.tool_calls ?? [];
}

export function called(id: string, name: string, args: string): object {
  return { id, type: 'function', function: { name, arguments: args } };
}
