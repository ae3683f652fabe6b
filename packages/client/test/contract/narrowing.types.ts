// The discriminants narrow: no casts in the code of our users.
import type {
  ChatCompletion,
  ChatCompletionContentPart,
  ChatCompletionCreateParams,
  ChatCompletionCreateParamsNonStreaming,
  ChatCompletionCreateParamsStreaming,
  ChatCompletionMessageParam,
  ChatCompletionMessageToolCall,
  ChatCompletionTool,
  ChatCompletionToolChoiceOption,
  ResponseFormat,
} from '@colloquy/client/contract';

import { takes } from './type-assertions.ts';

export function byStream(params: ChatCompletionCreateParams): void {
  if (params.stream) takes<ChatCompletionCreateParamsStreaming>(params);
  else takes<ChatCompletionCreateParamsNonStreaming>(params);
}

export function byRole(message: ChatCompletionMessageParam): void {
  switch (message.role) {
    case 'developer':
    case 'system':
      return takes<string | Array<{ type: 'text'; text: string }>>(message.content);
    case 'user':
      return takes<string | ChatCompletionContentPart[]>(message.content);
    case 'assistant':
      return takes<ChatCompletionMessageToolCall[] | undefined>(message.tool_calls);
    case 'tool':
      return takes<string>(message.tool_call_id);
    case 'function':
      return takes<string>(message.name);
    default:
      return takes<never>(message);
  }
}

export function byPart(part: ChatCompletionContentPart): void {
  switch (part.type) {
    case 'text':
      return takes<string>(part.text);
    case 'image_url':
      return takes<string>(part.image_url.url);
    case 'input_audio':
      return takes<string>(part.input_audio.data);
    case 'file':
      return takes<string | undefined>(part.file.file_id);
    default:
      return takes<never>(part);
  }
}

export function byTool(tool: ChatCompletionTool): void {
  if (tool.type === 'function') takes<string>(tool.function.name);
  else takes<'text' | 'grammar' | undefined>(tool.custom.format?.type);
}

export function byToolCall(call: ChatCompletionMessageToolCall): void {
  if (call.type === 'function') takes<string>(call.function.arguments);
  else takes<string>(call.custom.input);
}

export function byToolChoice(choice: ChatCompletionToolChoiceOption): void {
  if (typeof choice === 'string') takes<string>(choice);
  else if (choice.type === 'allowed_tools') takes<string>(choice.allowed_tools.mode);
  else if (choice.type === 'function') takes<string>(choice.function.name);
  else takes<string>(choice.custom.name);
}

export function byFormat(format: ResponseFormat): void {
  if (format.type === 'json_schema') takes<string>(format.json_schema.name);
  else takes<'text' | 'json_object'>(format.type);
}

export function byVerdict(verdict: ChatCompletion.Moderation['output']): void {
  if (verdict.type === 'error') takes<string>(verdict.message);
  else takes<boolean | undefined>(verdict.results[0]?.flagged);
}
