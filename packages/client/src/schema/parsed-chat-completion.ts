// Completions whose content and arguments are read as what they were asked to be.

import type { ChatCompletion, ChatCompletionMessage } from '../contract/chat-completion.ts';
import type { ChatCompletionCreateParamsBase } from '../contract/create-chat-completion.ts';
import type { ResponseFormatJSONSchema } from '../contract/response-format.ts';
import type {
  ChatCompletionFunctionTool,
  ChatCompletionMessageCustomToolCall,
  ChatCompletionMessageFunctionToolCall,
} from '../contract/tools.ts';
import { ColloquyError, ContentFilterFinishReasonError, LengthFinishReasonError } from '../errors.ts';

/** A completion whose messages hold what their JSON says. */
export interface ParsedChatCompletion<ParsedT> extends ChatCompletion {
  choices: ParsedChoice<ParsedT>[];
}

/** A choice of a {@link ParsedChatCompletion}. */
export interface ParsedChoice<ParsedT> extends ChatCompletion.Choice {
  message: ParsedChatCompletionMessage<ParsedT>;
}

/** A message of a {@link ParsedChatCompletion}. */
export interface ParsedChatCompletionMessage<ParsedT> extends ChatCompletionMessage {
  /** The content, read by the response format. Null without such a format, and where the model refused or called. */
  parsed: ParsedT | null;
  tool_calls?: ParsedChatCompletionMessageToolCall[];
}

/** A call in a {@link ParsedChatCompletionMessage}; custom tools have no arguments to read. */
export type ParsedChatCompletionMessageToolCall =
  | ParsedFunctionToolCall
  | ChatCompletionMessageCustomToolCall;

/** A function call with its arguments as a value. */
export interface ParsedFunctionToolCall extends ChatCompletionMessageFunctionToolCall {
  function: ParsedFunction;
}

/** What {@link ParsedFunctionToolCall} holds. */
export interface ParsedFunction extends ChatCompletionMessageFunctionToolCall.Function {
  /** The arguments, read by the tool. Null if the tool is neither strict nor made from a schema. */
  parsed_arguments?: unknown;
}

/** A response format that also reads the answer: what `standardResponseFormat` makes. */
export interface AutoParseableResponseFormat<ParsedT> extends ResponseFormatJSONSchema {
  /** For the compiler only: what the answer becomes. */
  __output: ParsedT;
  /** The name by which this client and `openai` know such formats. */
  $brand: 'auto-parseable-response-format';
  /** Reads the whole content. Throws what the validator has against it. */
  $parseRaw(this: void, content: string): ParsedT;
}

/** A tool that also reads its arguments, and may carry its function: what `standardFunction` makes. */
export interface AutoParseableTool<
  Args,
  HasFunction extends boolean = boolean,
> extends ChatCompletionFunctionTool {
  /** For the compiler only: what the arguments become. */
  __arguments: Args;
  /** For the compiler only: whether `runTools` can call it. */
  __hasFunction: HasFunction;
  /** The name by which this client and `openai` know such tools. */
  $brand: 'auto-parseable-tool';
  /** What `runTools` calls. */
  $callback: ((args: Args) => unknown) | undefined;
  /** Reads the arguments. Throws what the validator has against them. */
  $parseRaw(this: void, args: string): Args;
}

/** What `message.parsed` is for these parameters. A plain `json_schema` format is read, but not checked. */
export type ExtractParsedContentFromParams<Params extends ReadingParams> = ParsedContent<
  Params['response_format']
>;

/** What `message.parsed` is with this response format. */
export type ParsedContent<Format> = [Format] extends [never]
  ? null
  : Format extends AutoParseableResponseFormat<infer ParsedT>
    ? ParsedT
    : Format extends ResponseFormatJSONSchema
      ? unknown
      : null;

/** The part of a request that says how its answer is read. */
export type ReadingParams = Pick<ChatCompletionCreateParamsBase, 'response_format' | 'tools'>;

/** Reads the text of a structured answer, or the arguments of a call. */
export type Reader = (text: string) => unknown;

/** How content is read, or undefined if it is mere text. */
export function findContentReader({ response_format: format }: ReadingParams): Reader | undefined {
  if (format?.type !== 'json_schema') return undefined;
  return (format as Partial<AutoParseableResponseFormat<unknown>>).$parseRaw ?? readJsonText;
}

/** How the arguments of this function are read, or undefined if they are mere text. */
export function findArgumentsReader({ tools }: ReadingParams, name: string): Reader | undefined {
  const tool = tools?.find((known) => known.type === 'function' && known.function.name === name);
  if (tool?.type !== 'function') return undefined;
  const { $parseRaw } = tool as Partial<AutoParseableTool<unknown>>;
  return $parseRaw ?? (tool.function.strict ? readJsonText : undefined);
}

/** Whether anything in the answer is to be read. */
export function isStructured(params: ReadingParams): boolean {
  const names = (params.tools ?? []).flatMap((tool) =>
    tool.type === 'function' ? [tool.function.name] : [],
  );
  return (
    findContentReader(params) !== undefined ||
    names.some((name) => findArgumentsReader(params, name) !== undefined)
  );
}

/**
 * Fills in `parsed` and `parsed_arguments`. Throws what a validator throws, and `LengthFinishReasonError` or
 * `ContentFilterFinishReasonError` if the answer was cut off.
 */
export function readCompletion<ParsedT>(
  completion: ChatCompletion,
  params: ReadingParams,
): ParsedChatCompletion<ParsedT> {
  // Made so by the loop.
  const parsed = completion as ParsedChatCompletion<ParsedT>;
  for (const { finish_reason, message } of parsed.choices) {
    if (finish_reason === 'length') throw new LengthFinishReasonError(completion);
    if (finish_reason === 'content_filter') throw new ContentFilterFinishReasonError(completion);
    message.parsed = readContent(message, params);
    for (const call of message.tool_calls ?? []) {
      if (call.type !== 'function') continue;
      const { name, arguments: args } = call.function;
      call.function.parsed_arguments = findArgumentsReader(params, name)?.(args) ?? null;
    }
  }
  return parsed;
}

/** The value of a whole message; null if there is none to read. Beside calls, empty words are none. */
export function readContent<ParsedT>(message: ChatCompletionMessage, params: ReadingParams): ParsedT | null {
  const { content, refusal, tool_calls, function_call } = message;
  if (refusal || typeof content !== 'string') return null;
  if (content === '' && (tool_calls?.length || function_call)) return null;
  // The format says what its reader returns.
  return (findContentReader(params)?.(content) ?? null) as ParsedT | null;
}

/** Reads JSON, without a check of what it holds. */
export function readJsonText(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch (error) {
    throw new ColloquyError(`What the model wrote is not JSON: ${text.slice(0, 200)}`, { cause: error });
  }
}
