import type { ChatCompletion } from '@colloquy/client/contract';

import { changeMembers, mapElements, readMembers, type JsonBytes } from '../json/members.ts';

const CHOICES = new Set(['choices']);
const REASON = new Set(['finish_reason']);

const STANDARD: ReadonlySet<unknown> = new Set<ChatCompletion.Choice['finish_reason']>([
  'stop',
  'length',
  'tool_calls',
  'content_filter',
  'function_call',
]);

/** What Together, DeepSeek and Mistral say for one of them. */
const OTHER_SPELLINGS: Readonly<Record<string, string>> = {
  eos: 'stop',
  insufficient_system_resource: 'length',
  model_length: 'length',
};

/**
 * The completion as it is kept, with those reasons for the end of a choice that the API knows. Where it is null, the
 * model stopped, since the completion is whole; one that is unknown here stays, since nobody can say better.
 */
export function spellFinishReasons(json: JsonBytes, { choices }: ChatCompletion): JsonBytes {
  if (choices.every(({ finish_reason: reason }) => STANDARD.has(reason))) return json;
  const list = readMembers(json, CHOICES).get('choices');
  return list === undefined ? json : changeMembers(json, { choices: mapElements(list, spellReason) });
}

function spellReason(choice: JsonBytes): JsonBytes {
  const text = readMembers(choice, REASON).get('finish_reason');
  if (text === undefined) return choice;
  const given: unknown = JSON.parse(Buffer.from(text).toString());
  const reason = typeof given === 'string' && given !== '' ? (OTHER_SPELLINGS[given] ?? given) : 'stop';
  return reason === given ? choice : changeMembers(choice, { finish_reason: JSON.stringify(reason) });
}
