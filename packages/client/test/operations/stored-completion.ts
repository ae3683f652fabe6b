// A stored completion as a server sends it, with members that no type knows.

export const STORED = {
  id: 'chatcmpl-1',
  object: 'chat.completion',
  created: 1_700_000_000,
  model: 'small-2024-01-01',
  choices: [
    {
      index: 0,
      message: { role: 'assistant', content: 'Hello.', tool_calls: null, function_call: null },
      logprobs: null,
      finish_reason: 'stop',
    },
  ],
  usage: { prompt_tokens: 3, completion_tokens: 4, total_tokens: 7 },
  metadata: { user: 'Ann' },
  request_id: 'req_1',
  seed: 42,
  from_tomorrow: { a: [1] },
};
