// What the demo reads of a create request. Everything else is ignored: sampling, tools, `response_format`, images.

import { ApiError } from '../../api-error.ts';
import { isObject, parseObject } from '../../json/parse-object.ts';
import { selectTurns } from './turns.ts';

export const MODEL_ID = 'eliza';

export interface ElizaRequest {
  /** What the user said and ELIZA hears, oldest first. */
  readonly turns: readonly string[];
  readonly n: number;
  /** Texts before which an answer ends. */
  readonly stop: readonly string[];
  /** The most tokens of an answer. */
  readonly maxTokens: number;
  readonly stream: boolean;
  readonly includeUsage: boolean;
}

/** Throws `ApiError`, and nothing else. */
export function readRequest(body: Uint8Array): ElizaRequest {
  const request = parseObject(body);
  if (request === undefined) {
    throw new ApiError('malformed_request', 'The body of the request is not a JSON object.');
  }
  checkModel(request['model']);
  const options = request['stream_options'] ?? {};
  if (!isObject(options)) throw invalid('stream_options', 'an object');
  return {
    turns: selectTurns(readTurns(request['messages'])),
    n: readInteger(request, 'n', 1, 128) ?? 1,
    stop: readStop(request['stop']),
    maxTokens:
      readInteger(request, 'max_completion_tokens', 0) ?? readInteger(request, 'max_tokens', 0) ?? Infinity,
    stream: readBoolean(request['stream'], 'stream'),
    includeUsage: readBoolean(options['include_usage'], 'stream_options.include_usage'),
  };
}

function checkModel(model: unknown): void {
  if (model === MODEL_ID) return;
  if (model === undefined) throw missing('model');
  if (typeof model !== 'string') throw invalid('model', 'a string');
  throw new ApiError('model_not_found', `The demo has one model: '${MODEL_ID}'.`);
}

function readTurns(messages: unknown): string[] {
  if (messages === undefined) throw missing('messages');
  if (!Array.isArray(messages) || messages.length === 0) throw invalid('messages', 'an array, not empty');
  return messages.flatMap((message: unknown, index) => {
    if (!isObject(message)) throw invalid(`messages[${index}]`, 'an object');
    if (typeof message['role'] !== 'string') throw invalid(`messages[${index}].role`, 'a string');
    return message['role'] === 'user' ? [readText(message['content'], `messages[${index}].content`)] : [];
  });
}

/** Parts that hold no text count as silence: the turn remains. */
function readText(content: unknown, param: string): string {
  if (typeof content === 'string') return content;
  if (!Array.isArray(content)) throw invalid(param, 'a string or an array of parts');
  return content
    .map((part: unknown, index) => {
      if (!isObject(part)) throw invalid(`${param}[${index}]`, 'an object');
      if (part['type'] !== 'text') return '';
      if (typeof part['text'] !== 'string') throw invalid(`${param}[${index}].text`, 'a string');
      return part['text'];
    })
    .join('\n');
}

function readStop(stop: unknown): string[] {
  const texts: unknown[] = Array.isArray(stop) ? stop : [stop ?? ''];
  if (texts.length > 4 || !texts.every((text) => typeof text === 'string')) {
    throw invalid('stop', 'a string or an array of up to 4 strings');
  }
  return texts.filter((text) => text !== '');
}

function readInteger(
  request: Record<string, unknown>,
  param: string,
  min: number,
  max = Number.MAX_SAFE_INTEGER,
): number | undefined {
  const value = request[param] ?? undefined;
  if (value === undefined) return undefined;
  if (typeof value === 'number' && Number.isInteger(value) && value >= min && value <= max) return value;
  throw invalid(param, `an integer from ${min} to ${max}`);
}

function readBoolean(value: unknown, param: string): boolean {
  if (typeof (value ?? false) !== 'boolean') throw invalid(param, 'a boolean');
  return value === true;
}

function missing(param: string): ApiError {
  return new ApiError('missing_required_parameter', `Missing required parameter: '${param}'.`, { param });
}

function invalid(param: string, expected: string): ApiError {
  return new ApiError('invalid_value', `Invalid value for '${param}': expected ${expected}.`, { param });
}
