// Chunks of a streamed completion, merged into the completion that a plain call would have returned.

import type { ChatCompletionChunk } from './contract/chat-completion-chunk.ts';
import type { ChatCompletion } from './contract/chat-completion.ts';

/** JSON as servers send it: members that the contract does not know are kept, so that nothing is lost. */
type Members = Record<string, unknown>;

interface ChoiceInProgress {
  index: number;
  finish_reason: string | null;
  logprobs: Members | null;
  /** Whatever else came, on the choice and in its deltas. */
  others: Members;
  message: Members;
  toolCalls: ToolCallMerger;
}

/**
 * Merges chunks into a completion, in the order in which they arrive.
 *
 * Choices may interleave. Text of any kind is appended (also kinds unknown here, such as `reasoning_content`),
 * names are set once, `usage` is taken from whichever chunk has it, `obfuscation` is dropped.
 */
export class ChatCompletionAccumulator {
  readonly #members: Members = {};
  readonly #choices = new Map<number, ChoiceInProgress>();

  add(chunk: ChatCompletionChunk): void {
    const { choices, object: _object, obfuscation: _padding, ...members } = chunk as unknown as Members;
    for (const [name, value] of Object.entries(members)) {
      // Azure opens with an empty id and `created: 0`; Groq changes `created` on the way. The first real value stays.
      if (name === 'id' || name === 'created' || name === 'model') this.#members[name] ||= value;
      else if (value !== null) this.#members[name] = value;
    }
    if (Array.isArray(choices)) for (const choice of choices.filter(isObject)) this.#addChoice(choice);
  }

  /** Whether every choice has ended, as far as the chunks say: at least one choice, none without its finish reason. */
  get isFinished(): boolean {
    return (
      this.#choices.size > 0 && [...this.#choices.values()].every((choice) => choice.finish_reason !== null)
    );
  }

  /**
   * The completion so far. After an unbroken stream it is what a plain call would have returned; before its end,
   * `finish_reason` is still `null`, against the type, since no value of the type would be true.
   */
  completion(): ChatCompletion {
    const choices = [...this.#choices.values()].sort((a, b) => a.index - b.index).map(finishChoice);
    const { id = '', created = 0, model = '', ...others } = this.#members;
    const completion: Members = { id, object: 'chat.completion', created, model, choices, ...others };
    // What servers send is taken at their word, as in a plain answer.
    return completion as unknown as ChatCompletion;
  }

  #addChoice(piece: Members): void {
    const { index: indexGiven, delta, finish_reason, logprobs, ...others } = piece;
    const index = typeof indexGiven === 'number' ? indexGiven : 0;
    let choice = this.#choices.get(index);
    if (choice === undefined) {
      choice = {
        index,
        finish_reason: null,
        logprobs: null,
        others: {},
        message: { role: 'assistant', content: null, refusal: null },
        toolCalls: new ToolCallMerger(),
      };
      this.#choices.set(index, choice);
    }
    if (typeof finish_reason === 'string') choice.finish_reason = finish_reason;
    if (isObject(logprobs))
      choice.logprobs = appendLists(choice.logprobs ?? { content: null, refusal: null }, logprobs);
    for (const [name, value] of Object.entries(others)) if (value !== null) choice.others[name] = value;
    if (isObject(delta)) mergeDelta(choice, delta);
  }
}

function mergeDelta(choice: ChoiceInProgress, delta: Members): void {
  for (const [name, value] of Object.entries(delta)) {
    if (name === 'tool_calls') {
      if (Array.isArray(value)) for (const call of value.filter(isObject)) choice.toolCalls.add(call);
    } else if (name === 'role') {
      // Some servers repeat it in every delta.
      if (value) choice.message['role'] = value;
    } else if (name === 'function_call' && isObject(value)) {
      choice.message['function_call'] = mergeCall(choice.message['function_call'], value);
    } else {
      choice.message[name] = append(choice.message[name], value);
    }
  }
}

/** Text and lists grow, objects grow member by member, anything else is replaced; null adds nothing. */
function append(current: unknown, piece: unknown): unknown {
  if (piece === null || piece === undefined) return current ?? null;
  if (typeof current === 'string' && typeof piece === 'string') return current + piece;
  if (Array.isArray(current) && Array.isArray(piece)) return [...current, ...piece];
  if (isObject(current) && isObject(piece)) {
    const merged: Members = { ...current };
    for (const [name, value] of Object.entries(piece)) {
      merged[name] = name === 'id' && merged['id'] ? merged['id'] : append(merged[name], value);
    }
    return merged;
  }
  return piece;
}

function appendLists(current: Members, piece: Members): Members {
  const merged = { ...current };
  for (const [name, value] of Object.entries(piece)) merged[name] = append(merged[name], value);
  return merged;
}

/**
 * The tool calls of one choice. The index says which call a fragment continues, but some servers leave it out
 * and others give every call the index 0: an id that differs from the call's own begins a new call.
 */
class ToolCallMerger {
  readonly #calls: Members[] = [];
  readonly #callByIndex = new Map<number, Members>();

  add(fragment: Members): void {
    const { index, ...members } = fragment;
    const call = this.#find(index, members) ?? this.#begin(index);
    for (const [name, value] of Object.entries(members)) {
      if ((name === 'function' || name === 'custom') && isObject(value))
        call[name] = mergeCall(call[name], value);
      else if (value) call[name] = value;
    }
  }

  get calls(): Members[] {
    return this.#calls.map((call) => ({ type: 'function', ...call }));
  }

  #find(index: unknown, fragment: Members): Members | undefined {
    const call = typeof index === 'number' ? this.#callByIndex.get(index) : this.#calls.at(-1);
    if (call === undefined) return undefined;
    if (fragment['id'] && call['id'] && fragment['id'] !== call['id']) return undefined;
    // Without index and id, only a name tells that another call begins.
    const begins =
      typeof index !== 'number' && !fragment['id'] && readName(fragment) !== '' && readName(call) !== '';
    return begins ? undefined : call;
  }

  #begin(index: unknown): Members {
    const call: Members = {};
    this.#calls.push(call);
    if (typeof index === 'number') this.#callByIndex.set(index, call);
    return call;
  }
}

/** `name` is set by whoever sends it first, `arguments` and `input` grow. */
function mergeCall(current: unknown, piece: Members): Members {
  const { name = '', ...others } = isObject(current) ? current : {};
  const merged: Members = { name: name || piece['name'] || '', ...others };
  for (const [key, value] of Object.entries(piece))
    if (key !== 'name') merged[key] = append(merged[key] ?? '', value);
  return merged;
}

function readName(call: Members): unknown {
  const target = call['function'] ?? call['custom'];
  return (isObject(target) && target['name']) || '';
}

function finishChoice(choice: ChoiceInProgress): Members {
  const { calls } = choice.toolCalls;
  const message = { ...choice.message };
  if (calls.length > 0) message['tool_calls'] = calls;
  // An empty first piece announces text; where a call or a refusal came instead, there is no text.
  const hasOther = calls.length > 0 || message['refusal'] !== null || message['function_call'] !== undefined;
  if (message['content'] === '' && hasOther) message['content'] = null;
  const { index, finish_reason, logprobs, others } = choice;
  return { index, message, logprobs, finish_reason, ...others };
}

function isObject(value: unknown): value is Members {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
