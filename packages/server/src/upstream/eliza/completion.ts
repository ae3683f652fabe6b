// ELIZA's answers in the shapes of the wire: one completion, or its chunks.

import { randomUUID } from 'node:crypto';

import type { ChatCompletion, ChatCompletionChunk, CompletionUsage } from '@colloquy/client/contract';

import { reply } from './eliza.ts';
import { MODEL_ID } from './request.ts';
import type { ElizaRequest } from './request.ts';
import { splitTokens } from './tokens.ts';

export interface Completion {
  readonly id: string;
  /** Unix seconds. */
  readonly created: number;
  readonly choices: readonly Choice[];
  readonly usage: CompletionUsage;
}

interface Choice {
  readonly tokens: readonly string[];
  readonly finishReason: 'stop' | 'length';
}

export function createCompletion(request: ElizaRequest): Completion {
  const choices = reply(request.turns, request.n).map((answer) => cutAnswer(answer, request));
  return {
    id: `chatcmpl-${randomUUID().replaceAll('-', '')}`,
    created: Math.floor(Date.now() / 1000),
    choices,
    usage: countUsage(request.turns, choices),
  };
}

export function formatCompletion({ id, created, choices, usage }: Completion): ChatCompletion {
  return {
    id,
    object: 'chat.completion',
    created,
    model: MODEL_ID,
    choices: choices.map(({ tokens, finishReason }, index) => ({
      index,
      message: { role: 'assistant', content: tokens.join(''), refusal: null, annotations: [] },
      logprobs: null,
      finish_reason: finishReason,
    })),
    usage,
  };
}

/** The choices advance side by side, a token each. */
export function* formatChunks(completion: Completion, includeUsage: boolean): Generator<ChatCompletionChunk> {
  const { id, created, choices, usage } = completion;
  const head = { id, object: 'chat.completion.chunk', created, model: MODEL_ID } as const;
  const formatDelta = (
    index: number,
    delta: ChatCompletionChunk.Choice.Delta,
    finishReason: Choice['finishReason'] | null = null,
  ): ChatCompletionChunk => ({
    ...head,
    choices: [{ index, delta, logprobs: null, finish_reason: finishReason }],
    ...(includeUsage && { usage: null }),
  });

  for (const index of choices.keys()) {
    yield formatDelta(index, { role: 'assistant', content: '', refusal: null });
  }
  const mostTokens = Math.max(...choices.map(({ tokens }) => tokens.length));
  for (let position = 0; position <= mostTokens; position += 1) {
    for (const [index, { tokens, finishReason }] of choices.entries()) {
      const token = tokens[position];
      if (token !== undefined) yield formatDelta(index, { content: token });
      else if (position === tokens.length) yield formatDelta(index, {}, finishReason);
    }
  }
  if (includeUsage) yield { ...head, choices: [], usage };
}

function cutAnswer(answer: string, { stop, maxTokens }: ElizaRequest): Choice {
  const ends = stop.map((text) => answer.indexOf(text)).filter((end) => end !== -1);
  const tokens = splitTokens(answer.slice(0, Math.min(answer.length, ...ends)));
  if (tokens.length <= maxTokens) return { tokens, finishReason: 'stop' };
  return { tokens: tokens.slice(0, maxTokens), finishReason: 'length' };
}

/** Counts what ELIZA heard and said: the other roles, and what is beyond its bounds, it did not read. */
function countUsage(turns: readonly string[], choices: readonly Choice[]): CompletionUsage {
  const promptTokens = turns.reduce((sum, turn) => sum + splitTokens(turn).length, 0);
  const completionTokens = choices.reduce((sum, choice) => sum + choice.tokens.length, 0);
  return {
    prompt_tokens: promptTokens,
    completion_tokens: completionTokens,
    total_tokens: promptTokens + completionTokens,
    prompt_tokens_details: { cached_tokens: 0, audio_tokens: 0 },
    completion_tokens_details: {
      reasoning_tokens: 0,
      audio_tokens: 0,
      accepted_prediction_tokens: 0,
      rejected_prediction_tokens: 0,
    },
  };
}
