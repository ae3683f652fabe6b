// What a plain call answers: about 1 kB, as OpenAI would send it.

import { toDeltas } from './streams.ts';

export const COMPLETION_TEXT = toDeltas('prose', 100).join('');

export const COMPLETION = {
  id: 'chatcmpl-BRnQyF8cZ3V0oXq1mJ7tLs2aKwDgE',
  object: 'chat.completion',
  created: 1764000000,
  model: 'gpt-4.1-mini-2025-04-14',
  choices: [
    {
      index: 0,
      message: { role: 'assistant', content: COMPLETION_TEXT, refusal: null, annotations: [] },
      logprobs: null,
      finish_reason: 'stop',
    },
  ],
  usage: {
    prompt_tokens: 12,
    completion_tokens: 100,
    total_tokens: 112,
    prompt_tokens_details: { cached_tokens: 0, audio_tokens: 0 },
    completion_tokens_details: {
      reasoning_tokens: 0,
      audio_tokens: 0,
      accepted_prediction_tokens: 0,
      rejected_prediction_tokens: 0,
    },
  },
  service_tier: 'default',
  system_fingerprint: 'fp_38647f5e19',
};
