export { ContentFilterFinishReasonError, LengthFinishReasonError } from '../errors.ts';
export { parseChatCompletion, type ChatCompletionParseParams } from './parse-chat-completion.ts';
export type {
  AutoParseableResponseFormat,
  AutoParseableTool,
  ExtractParsedContentFromParams,
  ParsedChatCompletion,
  ParsedChatCompletionMessage,
  ParsedChatCompletionMessageToolCall,
  ParsedChoice,
  ParsedFunction,
  ParsedFunctionToolCall,
} from './parsed-chat-completion.ts';
export {
  standardFunction,
  standardFunction as zodFunction,
  standardResponseFormat,
  standardResponseFormat as zodResponseFormat,
  type InferOutput,
  type StandardFunctionOptions,
  type StandardIssue,
  type StandardResponseFormatProps,
  type StandardResult,
  type StandardSchema,
} from './standard-schema.ts';
export type { JSONSchema } from './strict-json-schema.ts';
