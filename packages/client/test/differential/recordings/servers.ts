// Streams that end well, from servers that do it their own way. Each is named by its server and by what that does.

import { chunksWith, data, DONE, stream, type Recording } from '../recording.ts';

const openAI = chunksWith(
  '"id":"chatcmpl-A1","object":"chat.completion.chunk","created":1700000000,"model":"gpt-4o-2024-08-06"',
);
const openRouter = chunksWith(
  '"id":"gen-1","provider":"Anyscale","model":"meta/llama","object":"chat.completion.chunk","created":1700000000',
);
const deepSeek = chunksWith(
  '"id":"930c-1","object":"chat.completion.chunk","created":1700000000,"model":"deepseek-reasoner","system_fingerprint":"fp_1"',
);
const vLLM = chunksWith(
  '"id":"chatcmpl-v1","object":"chat.completion.chunk","created":1700000000,"model":"Qwen/Qwen3"',
);
const llamaCpp = chunksWith(
  '"created":1700000000,"id":"chatcmpl-l1","model":"gpt-3.5-turbo","system_fingerprint":"b4000","object":"chat.completion.chunk"',
);
const ollama = chunksWith(
  '"id":"chatcmpl-123","object":"chat.completion.chunk","created":1700000000,"model":"qwen3","system_fingerprint":"fp_ollama"',
);
const gemini = chunksWith(
  '"created":1700000000,"id":"g1","model":"gemini-2.5-flash","object":"chat.completion.chunk"',
);
const mistral = chunksWith(
  '"id":"m1","object":"chat.completion.chunk","created":1700000000,"model":"magistral-medium"',
);
const xAI = chunksWith('"id":"x1","object":"chat.completion.chunk","created":1700000000,"model":"grok-4"');
const together = chunksWith(
  '"id":"t1","object":"chat.completion.chunk","created":1700000000,"model":"meta-llama/Llama-3"',
);
const azure = chunksWith(
  '"id":"chatcmpl-z1","object":"chat.completion.chunk","created":1700000000,"model":"gpt-4o"',
);

export const SERVERS = {
  'OpenAI: text, padding and usage': stream(
    openAI(
      '"choices":[{"index":0,"delta":{"role":"assistant","content":"","refusal":null},"logprobs":null,"finish_reason":null}],"usage":null,"obfuscation":"x7"',
    ),
    openAI(
      '"choices":[{"index":0,"delta":{"content":"Hello"},"logprobs":null,"finish_reason":null}],"usage":null,"obfuscation":"pq"',
    ),
    openAI(
      '"choices":[{"index":0,"delta":{},"logprobs":null,"finish_reason":"stop"}],"usage":null,"obfuscation":"a"',
    ),
    openAI(
      '"choices":[],"usage":{"prompt_tokens":8,"completion_tokens":1,"total_tokens":9},"obfuscation":""',
    ),
    DONE,
  ),
  'OpenAI: a refusal': stream(
    openAI(
      '"choices":[{"index":0,"delta":{"role":"assistant","content":null,"refusal":""},"finish_reason":null}]',
    ),
    openAI('"choices":[{"index":0,"delta":{"refusal":"I cannot."},"finish_reason":null}]'),
    openAI('"choices":[{"index":0,"delta":{},"finish_reason":"stop"}]'),
    DONE,
  ),
  'OpenAI: two tool calls, a piece at a time': stream(
    openAI(
      '"choices":[{"index":0,"delta":{"role":"assistant","content":null,"tool_calls":[{"index":0,"id":"call_1","type":"function","function":{"name":"weather","arguments":""}}]},"finish_reason":null}]',
    ),
    openAI(
      '"choices":[{"index":0,"delta":{"tool_calls":[{"index":0,"function":{"arguments":"{\\"in\\":"}}]},"finish_reason":null}]',
    ),
    openAI(
      '"choices":[{"index":0,"delta":{"tool_calls":[{"index":1,"id":"call_2","type":"function","function":{"name":"time","arguments":"{}"}}]},"finish_reason":null}]',
    ),
    openAI(
      '"choices":[{"index":0,"delta":{"tool_calls":[{"index":0,"function":{"arguments":"\\"Rome\\"}"}}]},"finish_reason":null}]',
    ),
    openAI('"choices":[{"index":0,"delta":{},"finish_reason":"tool_calls"}]'),
    DONE,
  ),
  'OpenAI: two choices, interleaved, with log probabilities': stream(
    openAI(
      '"choices":[{"index":0,"delta":{"role":"assistant","content":"a"},"logprobs":{"content":[{"token":"a","logprob":-0.1,"bytes":[97],"top_logprobs":[]}],"refusal":null},"finish_reason":null}]',
    ),
    openAI(
      '"choices":[{"index":1,"delta":{"role":"assistant","content":"b"},"logprobs":{"content":[{"token":"b","logprob":-0.2,"bytes":[98],"top_logprobs":[]}],"refusal":null},"finish_reason":null}]',
    ),
    openAI('"choices":[{"index":1,"delta":{},"logprobs":null,"finish_reason":"length"}]'),
    openAI('"choices":[{"index":0,"delta":{},"logprobs":null,"finish_reason":"stop"}]'),
    DONE,
  ),
  'OpenAI: a seed and ids beyond 2^53': stream(
    openAI(
      '"choices":[{"index":0,"delta":{"role":"assistant","content":"a"},"finish_reason":"stop"}],"seed":4944116822809979520',
    ),
    DONE,
  ),
  'OpenAI: a spoken answer, whose last piece has no `finish_reason`': stream(
    openAI(
      '"choices":[{"index":0,"delta":{"role":"assistant","content":null,"audio":{"id":"audio_1","transcript":"Hel"}},"finish_reason":null}]',
    ),
    openAI(
      '"choices":[{"index":0,"delta":{"audio":{"transcript":"lo","data":"QUJD"}},"finish_reason":null}]',
    ),
    openAI('"choices":[{"index":0,"delta":{},"finish_reason":"stop"}]'),
    openAI('"choices":[{"index":0,"delta":{"audio":{"expires_at":1700003600}}}]'),
    DONE,
  ),
  'OpenRouter: comments, the role in every delta, reasoning, usage beside a choice': stream(
    ': OPENROUTER PROCESSING\n\n',
    ': OPENROUTER PROCESSING\n\n',
    openRouter(
      '"choices":[{"index":0,"delta":{"role":"assistant","content":"","reasoning":"Hm."},"finish_reason":null,"native_finish_reason":null,"logprobs":null}]',
    ),
    openRouter(
      '"choices":[{"index":0,"delta":{"role":"assistant","content":"Hello"},"finish_reason":"stop","native_finish_reason":"end_turn","logprobs":null}]',
    ),
    openRouter(
      '"choices":[{"index":0,"delta":{"role":"assistant","content":""},"finish_reason":null,"native_finish_reason":null,"logprobs":null}],"usage":{"prompt_tokens":8,"completion_tokens":3,"total_tokens":11,"cost":0.0001}',
    ),
    DONE,
  ),
  'OpenRouter: a tool call without arguments': stream(
    openRouter(
      '"choices":[{"index":0,"delta":{"role":"assistant","content":null,"tool_calls":[{"index":0,"id":"0","type":"function","function":{"name":"time","arguments":null}}]},"finish_reason":null}]',
    ),
    openRouter(
      '"choices":[{"index":0,"delta":{"role":"assistant","content":null,"tool_calls":[{"index":0,"id":"0","type":"function","function":{"arguments":""}}]},"finish_reason":null}]',
    ),
    openRouter(
      '"choices":[{"index":0,"delta":{"role":"assistant","content":null,"tool_calls":[{"index":0,"id":"0","type":"function","function":{"name":"time"}}]},"finish_reason":null}]',
    ),
    openRouter('"choices":[{"index":0,"delta":{"role":"assistant"},"finish_reason":"tool_calls"}]'),
    DONE,
  ),
  'OpenRouter: no reason for the end': stream(
    openRouter('"choices":[{"index":0,"delta":{"role":"assistant","content":"Hello"},"finish_reason":null}]'),
    DONE,
  ),
  'DeepSeek: comments, reasoning, usage beside the end, a reason of its own': stream(
    ': keep-alive\n\n',
    deepSeek(
      '"choices":[{"index":0,"delta":{"role":"assistant","content":null,"reasoning_content":"Hm"},"logprobs":null,"finish_reason":null}]',
    ),
    ': keep-alive\n\n',
    deepSeek(
      '"choices":[{"index":0,"delta":{"content":"Hello","reasoning_content":null},"logprobs":null,"finish_reason":null}]',
    ),
    deepSeek(
      '"choices":[{"index":0,"delta":{"content":"","reasoning_content":null},"logprobs":null,"finish_reason":"insufficient_system_resource"}],"usage":{"prompt_tokens":8,"completion_tokens":2,"total_tokens":10,"prompt_cache_hit_tokens":0}',
    ),
    DONE,
  ),
  'vLLM: reasoning': stream(
    vLLM(
      '"choices":[{"index":0,"delta":{"role":"assistant","content":""},"logprobs":null,"finish_reason":null}]',
    ),
    vLLM(
      '"choices":[{"index":0,"delta":{"reasoning":"Hm."},"logprobs":null,"finish_reason":null,"token_ids":null}]',
    ),
    vLLM(
      '"choices":[{"index":0,"delta":{"content":"Hello"},"logprobs":null,"finish_reason":"stop","stop_reason":null}]',
    ),
    DONE,
  ),
  'llama.cpp: null before the text, timings, no blank line after [DONE]': stream(
    llamaCpp('"choices":[{"finish_reason":null,"index":0,"delta":{"role":"assistant","content":null}}]'),
    llamaCpp('"choices":[{"finish_reason":null,"index":0,"delta":{"content":"Hello"}}]'),
    llamaCpp(
      '"choices":[{"finish_reason":"stop","index":0,"delta":{}}],"timings":{"prompt_n":8,"predicted_ms":12.5}',
    ),
    'data: [DONE]',
  ),
  'Ollama: parallel tool calls, all with index 0': stream(
    ollama(
      '"choices":[{"index":0,"delta":{"role":"assistant","content":"","tool_calls":[{"id":"call_a","index":0,"type":"function","function":{"name":"weather","arguments":"{}"}}]},"finish_reason":null}]',
    ),
    ollama(
      '"choices":[{"index":0,"delta":{"role":"assistant","content":"","tool_calls":[{"id":"call_b","index":0,"type":"function","function":{"name":"time","arguments":"{}"}}]},"finish_reason":null}]',
    ),
    ollama('"choices":[{"index":0,"delta":{"role":"assistant","content":""},"finish_reason":"tool_calls"}]'),
    DONE,
  ),
  'Ollama, older: a tool call without index, and `stop`': stream(
    ollama(
      '"choices":[{"index":0,"delta":{"role":"assistant","content":"","tool_calls":[{"id":"call_a","type":"function","function":{"name":"weather","arguments":"{}"}}]},"finish_reason":null}]',
    ),
    ollama('"choices":[{"index":0,"delta":{"role":"assistant","content":""},"finish_reason":"stop"}]'),
    DONE,
  ),
  'Gemini: a tool call without index, signed, usage beside it, and `stop`': stream(
    gemini(
      '"choices":[{"delta":{"role":"assistant","tool_calls":[{"extra_content":{"google":{"thought_signature":"c2ln"}},"function":{"arguments":"{}","name":"time"},"id":"f1","type":"function"}]},"finish_reason":"stop","index":0}],"usage":{"completion_tokens":4,"prompt_tokens":8,"total_tokens":12}',
    ),
    DONE,
  ),
  'Mistral: content in parts, a name of no letters': stream(
    mistral('"choices":[{"index":0,"delta":{"role":"assistant","content":""},"finish_reason":null}]'),
    mistral(
      '"choices":[{"index":0,"delta":{"content":[{"type":"thinking","thinking":[{"type":"text","text":"Hm."}]}]},"finish_reason":null}]',
    ),
    mistral(
      '"choices":[{"index":0,"delta":{"content":[{"type":"text","text":"Hello"}]},"finish_reason":null}]',
    ),
    mistral(
      '"choices":[{"index":0,"delta":{"tool_calls":[{"id":"a1b2c3d4e","function":{"name":"time","arguments":"{"},"index":0}]},"finish_reason":null}]',
    ),
    mistral(
      '"choices":[{"index":0,"delta":{"tool_calls":[{"id":"null","function":{"name":"","arguments":"}"},"index":0}]},"finish_reason":"tool_calls"}],"usage":{"prompt_tokens":8,"total_tokens":12,"completion_tokens":4}',
    ),
    DONE,
  ),
  'Groq: `created` changes, usage comes twice': stream(
    data(
      '{"id":"chatcmpl-q1","object":"chat.completion.chunk","created":1700000000,"model":"openai/gpt-oss","choices":[{"index":0,"delta":{"role":"assistant","reasoning":"Hm."},"finish_reason":null}],"x_groq":{"id":"req_1"}}',
    ),
    data(
      '{"id":"chatcmpl-q1","object":"chat.completion.chunk","created":1700000001,"model":"openai/gpt-oss","choices":[{"index":0,"delta":{},"finish_reason":"stop"}],"x_groq":{"id":"req_1","usage":{"prompt_tokens":8,"completion_tokens":1,"total_tokens":9}}}',
    ),
    data(
      '{"id":"chatcmpl-q1","object":"chat.completion.chunk","created":1700000001,"model":"openai/gpt-oss","choices":[],"usage":{"queue_time":0.1,"prompt_tokens":8,"completion_tokens":1,"total_tokens":9}}',
    ),
    DONE,
  ),
  'xAI: no `finish_reason` before the end, a total that counts reasoning apart': stream(
    xAI('"choices":[{"index":0,"delta":{"content":"Hello","role":"assistant"}}]'),
    xAI(
      '"choices":[{"index":0,"delta":{"content":""},"finish_reason":"stop"}],"usage":{"prompt_tokens":8,"completion_tokens":1,"total_tokens":109,"completion_tokens_details":{"reasoning_tokens":100},"cost_in_usd_ticks":7}',
    ),
    DONE,
  ),
  'Together: `eos`, and text beside the delta': stream(
    together(
      '"choices":[{"index":0,"text":"Hello","logprobs":null,"finish_reason":null,"seed":null,"delta":{"token_id":9906,"role":"assistant","content":"Hello","tool_calls":null}}],"usage":null',
    ),
    together(
      '"choices":[{"index":0,"text":"","logprobs":null,"finish_reason":"eos","seed":1,"delta":{"token_id":2,"role":"assistant","content":"","tool_calls":null}}],"usage":{"prompt_tokens":8,"completion_tokens":2,"total_tokens":10}',
    ),
    DONE,
  ),
  'Azure: an opening without choices, filter results without a delta': stream(
    data(
      '{"choices":[],"created":0,"id":"","model":"","object":"","prompt_filter_results":[{"prompt_index":0,"content_filter_results":{"hate":{"filtered":false,"severity":"safe"}}}]}',
    ),
    azure('"choices":[{"index":0,"delta":{"role":"assistant","content":"Hello"},"finish_reason":null}]'),
    azure(
      '"choices":[{"index":0,"finish_reason":null,"content_filter_offsets":{"check_offset":10,"start_offset":10,"end_offset":15},"content_filter_results":{"hate":{"filtered":false,"severity":"safe"}}}]',
    ),
    azure('"choices":[{"index":0,"delta":{},"finish_reason":"stop","content_filter_results":{}}]'),
    DONE,
  ),
  'several: a reason for the end, and no [DONE]': stream(
    vLLM('"choices":[{"index":0,"delta":{"role":"assistant","content":"Hello"},"finish_reason":null}]'),
    vLLM('"choices":[{"index":0,"delta":{},"finish_reason":"stop"}]'),
  ),
} satisfies Record<string, Recording>;
