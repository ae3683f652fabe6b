// Values that nobody knows yet type-check, and undefined may stand for an absent setting.
import type {
  ChatCompletion,
  ChatCompletionAllowedTools,
  ChatCompletionChunk,
  ChatCompletionContentPartImage,
  ChatCompletionContentPartInputAudio,
  ChatCompletionCreateParams,
  ChatCompletionCustomTool,
  ChatCompletionStoreMessage,
  PromptCacheBreakpoint,
  StoredChatCompletion,
} from '@colloquy/client/contract';

import { takes } from './type-assertions.ts';

takes<ChatCompletion.Choice['finish_reason']>('insufficient_system_resource');
takes<ChatCompletion['service_tier']>('ultra');
takes<ChatCompletionChunk.Choice['finish_reason']>('eos');
takes<ChatCompletionChunk.Choice.Delta>({ role: 'critic', tool_calls: [{ index: 0, type: 'mcp' }] });
takes<ChatCompletionStoreMessage['role']>('critic');
takes<StoredChatCompletion['status']>('paused');
takes<ChatCompletionAllowedTools['mode']>('encouraged');
takes<ChatCompletionContentPartImage.ImageURL>({ url: 'https://example.com/cat.png', detail: 'microscopic' });
takes<ChatCompletionContentPartInputAudio.InputAudio>({ data: '', format: 'midi' });
takes<PromptCacheBreakpoint>({ mode: 'psychic', ttl: '1y' });
takes<ChatCompletionCustomTool.Custom.Grammar.Grammar>({ definition: 'S ::= "a"', syntax: 'bnf' });
takes<ChatCompletion.Moderation.ModerationResults.Result['category_applied_input_types']>({
  odour: ['smell'],
});

takes<ChatCompletionCreateParams>({
  model: 'anything/goes:here',
  messages: [{ role: 'user', content: 'Hello' }],
  reasoning_effort: 'heroic',
  verbosity: 'epic',
  service_tier: 'ultra',
  modalities: ['text', 'smell'],
  tool_choice: 'reluctant',
  audio: { voice: 'stentor', format: 'midi' },
  prompt_cache_options: { mode: 'psychic', ttl: '1y' },
  prompt_cache_retention: '1y',
  moderation: { model: 'strict', policy: { input: { mode: 'scold' } } },
  function_call: 'reluctant',
  web_search_options: { search_context_size: 'everything' },
});

takes<ChatCompletionCreateParams>({
  model: 'eliza',
  messages: [
    { role: 'system', content: 'Be brief.', name: undefined },
    { role: 'assistant', content: undefined, tool_calls: undefined },
  ],
  stream: undefined,
  temperature: undefined,
  metadata: undefined,
  response_format: { type: 'json_schema', json_schema: { name: 'answer', schema: undefined } },
  tools: [{ type: 'function', function: { name: 'now', parameters: undefined } }],
  user: undefined,
});
