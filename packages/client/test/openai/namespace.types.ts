// The types that programs written for `openai` name, found where they look for them.

import type { OpenAI as Official } from 'openai';

import type { OpenAI } from '../../src/openai/index.ts';

export const params: OpenAI.Chat.ChatCompletionCreateParams = {
  model: 'small',
  messages: [{ role: 'user', content: 'Hello' }],
};
export const same: OpenAI.Chat.Completions.ChatCompletionCreateParams = params;

export function read(completion: Official.Chat.ChatCompletion): OpenAI.ChatCompletion {
  return completion;
}

export function ask(message: Official.ChatCompletionMessageParam): OpenAI.ChatCompletionMessageParam {
  return message;
}

export const options: OpenAI.RequestOptions = { maxRetries: 5, timeout: 5000 };

// @ts-expect-error -- not here, and said so by the compiler
export type Missing = OpenAI.Embedding;
