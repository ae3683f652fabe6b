// What we hand out, code written for the official package can read, once unknown enum values are ruled out.
//
// Differences that cannot be bridged, because the official types leave out what the wire carries:
// - `system_fingerprint` is null in an official example, the details of the usage and a stored message's
//   `tool_calls` are null on other servers; the official types only know them absent.
// - a stored message has any role and may lack `refusal`; officially it is an assistant's, though the
//   messages of a stored completion are its input.
// - a stored message's `audio` is the reference `{ id }` that was sent; officially it is the whole answer.
// - a stored message's `content_parts` hold whatever a request may; officially text and images only.
import type {
  ChatCompletion,
  ChatCompletionChunk,
  ChatCompletionDeleted,
  ChatCompletionList,
  ChatCompletionMessage,
  ChatCompletionMessageParam,
  ChatCompletionMessageToolCall,
  ChatCompletionStoreMessage,
  ChatCompletionTokenLogprob,
  CompletionUsage,
  Model,
  ModelList,
  StoredChatCompletion,
} from '@colloquy/client/contract';
import type * as theirs from 'openai/resources';

import type { Assert, CloseEnums, IsAssignable, WithoutNull } from './type-assertions.ts';

type Closed<Ours> = WithoutNull<
  CloseEnums<Ours>,
  'system_fingerprint' | 'prompt_tokens_details' | 'completion_tokens_details'
>;

type Differing = 'role' | 'refusal' | 'audio' | 'content_parts';

export type Results = [
  Assert<IsAssignable<Closed<ChatCompletion>, theirs.ChatCompletion>>,
  Assert<IsAssignable<Closed<StoredChatCompletion>, theirs.ChatCompletion>>,
  Assert<IsAssignable<Closed<ChatCompletionList['data']>, theirs.ChatCompletionsPage['data']>>,
  Assert<IsAssignable<Closed<ChatCompletionChunk>, theirs.ChatCompletionChunk>>,
  Assert<IsAssignable<Closed<CompletionUsage>, theirs.CompletionUsage>>,
  Assert<IsAssignable<ChatCompletionMessage, theirs.ChatCompletionMessage>>,
  Assert<IsAssignable<ChatCompletionMessageToolCall, theirs.ChatCompletionMessageToolCall>>,
  Assert<IsAssignable<ChatCompletionTokenLogprob, theirs.ChatCompletionTokenLogprob>>,
  Assert<IsAssignable<ChatCompletionDeleted, theirs.ChatCompletionDeleted>>,
  Assert<IsAssignable<Model, theirs.Model>>,
  Assert<IsAssignable<ModelList['data'], theirs.ModelsPage['data']>>,
];

export type StoredMessages = [
  Assert<
    IsAssignable<
      Omit<WithoutNull<CloseEnums<ChatCompletionStoreMessage>, 'tool_calls'>, Differing>,
      Omit<theirs.ChatCompletionStoreMessage, Differing>
    >
  >,
];

export type SentBack = [
  toUs: Assert<IsAssignable<ChatCompletionMessage, ChatCompletionMessageParam>>,
  toThem: Assert<IsAssignable<ChatCompletionMessage, theirs.ChatCompletionMessageParam>>,
];
