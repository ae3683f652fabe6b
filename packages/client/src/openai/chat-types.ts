// The types of chat under `OpenAI.Chat` and `OpenAI.Chat.Completions`, where programs written for `openai` find them.

export type * from '../contract/index.ts';
export type * from '../schema/index.ts';
export type * from '../streaming/index.ts';
export type * from '../tools/index.ts';
export type * as Completions from '../contract/index.ts';
