// What must not compile does not.
import type {
  ChatCompletionChunk,
  ChatCompletionContentPart,
  ChatCompletionContentPartImage,
  ChatCompletionCreateParams,
  ChatCompletionCreateParamsNonStreaming,
  ChatCompletionListParams,
  ChatCompletionMessageParam,
  ChatCompletionTool,
  ChatCompletionToolChoiceOption,
  ChatCompletionUpdateParams,
  ResponseFormat,
  StoredChatCompletion,
} from '@colloquy/client/contract';

import { takes } from './type-assertions.ts';

declare const messages: ChatCompletionMessageParam[];
declare const image: ChatCompletionContentPartImage;
declare const chunk: ChatCompletionChunk;
declare const stored: StoredChatCompletion;

// @ts-expect-error no model
takes<ChatCompletionCreateParams>({ messages });
// @ts-expect-error no messages
takes<ChatCompletionCreateParams>({ model: 'eliza' });
// @ts-expect-error messages are a list
takes<ChatCompletionCreateParams>({ model: 'eliza', messages: 'Hello' });
// @ts-expect-error stream is a boolean
takes<ChatCompletionCreateParams>({ model: 'eliza', messages, stream: 'yes' });
// @ts-expect-error this request is not streamed
takes<ChatCompletionCreateParamsNonStreaming>({ model: 'eliza', messages, stream: true });
// @ts-expect-error metadata holds strings
takes<ChatCompletionCreateParams>({ model: 'eliza', messages, metadata: { turn: 1 } });
// @ts-expect-error a misspelt setting
takes<ChatCompletionCreateParams>({ model: 'eliza', messages, temprature: 1 });
// @ts-expect-error no null for tools
takes<ChatCompletionCreateParams>({ model: 'eliza', messages, tools: null });

// @ts-expect-error no such role
takes<ChatCompletionMessageParam>({ role: 'critic', content: 'Boo' });
// @ts-expect-error a user says something
takes<ChatCompletionMessageParam>({ role: 'user' });
// @ts-expect-error a tool's result names its call
takes<ChatCompletionMessageParam>({ role: 'tool', content: '4' });
// @ts-expect-error a function's result names its function
takes<ChatCompletionMessageParam>({ role: 'function', content: '4' });
// @ts-expect-error a system message has no images
takes<ChatCompletionMessageParam>({ role: 'system', content: [image] });
// @ts-expect-error an image is an object
takes<ChatCompletionContentPart>({ type: 'image_url', image_url: 'https://example.com/cat.png' });

// @ts-expect-error a function tool has no `custom`
takes<ChatCompletionTool>({ type: 'function', custom: { name: 'now' } });
// @ts-expect-error which function?
takes<ChatCompletionToolChoiceOption>({ type: 'function' });
// @ts-expect-error a schema has a name
takes<ResponseFormat>({ type: 'json_schema', json_schema: { schema: {} } });

// @ts-expect-error no such order
takes<ChatCompletionListParams>({ order: 'newest' });
// @ts-expect-error the limit is a number
takes<ChatCompletionListParams>({ limit: '20' });
// @ts-expect-error only metadata can change
takes<ChatCompletionUpdateParams>({ metadata: {}, model: 'eliza' });
// @ts-expect-error metadata must be said, if only as null
takes<ChatCompletionUpdateParams>({});

// @ts-expect-error a chunk may hold no choice
takes<string | null | undefined>(chunk.choices[0].delta.content);
// @ts-expect-error a label may be missing
takes<string>(stored.metadata['topic']);
// @ts-expect-error a stored completion always has metadata
takes<StoredChatCompletion['metadata']>(null);
