// What the wire carries and the official types do not know: on stored completions, their messages, and lists.
import type {
  ChatCompletionList,
  ChatCompletionMessageList,
  ChatCompletionStoreMessage,
  ModelList,
  StoredChatCompletion,
} from '@colloquy/client/contract';

import { takes } from './type-assertions.ts';

takes<StoredChatCompletion>({
  object: 'chat.completion',
  id: 'chatcmpl-1',
  created: 1_700_000_000,
  model: 'eliza',
  choices: [
    {
      index: 0,
      finish_reason: 'stop',
      logprobs: null,
      message: { role: 'assistant', content: 'Tell me more.', refusal: null },
    },
  ],
  usage: { prompt_tokens: 3, completion_tokens: 4, total_tokens: 7, prompt_tokens_details: null },
  service_tier: null,
  system_fingerprint: null,
  metadata: {},
  request_id: 'req_1',
  tool_choice: null,
  tools: null,
  response_format: null,
  seed: 1,
  top_p: 1,
  temperature: 1,
  presence_penalty: 0,
  frequency_penalty: 0,
  input_user: null,
  status: 'interrupted',
});

takes<ChatCompletionStoreMessage>({
  id: 'chatcmpl-1-0',
  role: 'user',
  content: null,
  content_parts: [{ type: 'image_url', image_url: { url: 'https://example.com/cat.png' } }],
  name: null,
});
takes<ChatCompletionStoreMessage>({ id: 'chatcmpl-1-2', role: 'tool', content: '4', tool_call_id: 'call_1' });

takes<ChatCompletionList>({ object: 'list', data: [], first_id: null, last_id: null, has_more: false });
takes<ChatCompletionMessageList>({
  object: 'list',
  data: [],
  first_id: null,
  last_id: null,
  has_more: false,
});
takes<ModelList>({
  object: 'list',
  data: [{ id: 'eliza', object: 'model', created: 0, owned_by: 'colloquy' }],
});
