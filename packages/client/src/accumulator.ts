// Chunks of a streamed completion, merged into the completion that a plain call would have returned.

import type { ChatCompletionChunk } from './contract/chat-completion-chunk.ts';
import type { ChatCompletion } from './contract/chat-completion.ts';

/** JSON as servers send it: members that the contract does not know are kept, so that nothing is lost. */
type Members = Record<string, unknown>;

interface MessageInProgress extends Members {
  role: unknown;
  content: unknown;
}

/** A choice while it grows. */
export interface ChoiceInProgress {
  index: number;
  finish_reason: string | null;
  logprobs: Members | null;
  /** Whatever else came, on the choice and in its deltas. */
  others: Members;
  message: MessageInProgress;
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

  // `for … in` over what JSON.parse made, and a member at a time: lists of entries and rests cost more than the rest.
  add(chunk: ChatCompletionChunk): void {
    const members = chunk as unknown as Members;
    for (const name in members) {
      const value = members[name];
      if (name === 'choices') {
        if (Array.isArray(value)) for (const choice of value) if (isObject(choice)) this.#addChoice(choice);
      } else if (name === 'id' || name === 'created' || name === 'model') {
        // Azure opens with an empty id and `created: 0`; Groq changes `created` on the way. The first real value stays.
        this.#members[name] ||= value;
      } else if (value !== null && name !== 'object' && name !== 'obfuscation') {
        this.#members[name] = value;
      }
    }
  }

  /** Whether every choice has ended, as far as the chunks say: at least one choice, none without its finish reason. */
  get isFinished(): boolean {
    return (
      this.#choices.size > 0 && [...this.#choices.values()].every((choice) => choice.finish_reason !== null)
    );
  }

  /** A choice as it stands, if it has begun. Not a copy: later chunks change it. */
  choice(index: number): Readonly<ChoiceInProgress> | undefined {
    return this.#choices.get(index);
  }

  /**
   * The completion so far. After an unbroken stream it is what a plain call would have returned; before its end,
   * `finish_reason` is still `null`, against the type, since no value of the type would be true.
   */
  completion(): ChatCompletion {
    const choices = [...this.#choices.values()].sort((a, b) => a.index - b.index).map(finishChoice);
    const { id, created, model, ...others } = this.#members;
    const completion: Members = {
      id: id ?? '',
      object: 'chat.completion',
      created: created ?? 0,
      model: model ?? '',
      choices,
      ...others,
    };
    // What servers send is taken at their word, as in a plain answer.
    return completion as unknown as ChatCompletion;
  }

  #addChoice(piece: Members): void {
    const index = typeof piece['index'] === 'number' ? piece['index'] : 0;
    const choice = this.#choices.get(index) ?? this.#begin(index);
    for (const name in piece) {
      const value = piece[name];
      if (name === 'delta') {
        if (isObject(value)) mergeDelta(choice, value);
      } else if (name === 'finish_reason') {
        // Older Ollama and SGLang say "" for null.
        if (typeof value === 'string' && value !== '') choice.finish_reason = value;
      } else if (name === 'logprobs') {
        if (isObject(value)) appendLogprobs((choice.logprobs ??= { content: null, refusal: null }), value);
        // Some gateways repeat each delta as a `message`.
      } else if (value !== null && name !== 'index' && name !== 'message') {
        choice.others[name] = value;
      }
    }
  }

  #begin(index: number): ChoiceInProgress {
    const choice = {
      index,
      finish_reason: null,
      logprobs: null,
      others: {},
      message: { role: 'assistant', content: null, refusal: null },
      toolCalls: new ToolCallMerger(),
    };
    this.#choices.set(index, choice);
    return choice;
  }
}

function mergeDelta({ message, toolCalls }: ChoiceInProgress, delta: Members): void {
  for (const name in delta) {
    const value = delta[name];
    if (name === 'content') {
      message.content = appendContent(message.content, value);
    } else if (name === 'tool_calls') {
      if (Array.isArray(value)) for (const call of value) if (isObject(call)) toolCalls.add(call);
    } else if (name === 'role') {
      // Some servers repeat it in every delta.
      if (value) message.role = value;
    } else if (name === 'function_call' && isObject(value)) {
      message['function_call'] = mergeCall(message['function_call'], value, 'arguments');
    } else {
      message[name] = append(message[name], value);
    }
  }
}

/**
 * Content is text, except with Mistral: there it is a list of parts while the model thinks, and text afterwards.
 * It then becomes one list. Mistral refuses a message with two thinking parts, so pieces of a part make one part.
 */
function appendContent(current: unknown, piece: unknown): unknown {
  if (typeof piece === 'string' && typeof current === 'string') return current + piece;
  if (!Array.isArray(current) && !Array.isArray(piece)) return append(current, piece);
  return appendParts(toParts(current), toParts(piece));
}

function toParts(content: unknown): unknown[] {
  if (Array.isArray(content)) return content;
  return typeof content === 'string' && content !== '' ? [{ type: 'text', text: content }] : [];
}

function appendParts(parts: unknown[], pieces: unknown[]): unknown[] {
  const merged = [...parts];
  for (const piece of pieces) {
    const last = merged.at(-1);
    const continues =
      isObject(last) &&
      isObject(piece) &&
      last['type'] === piece['type'] &&
      (piece['type'] === 'text' || piece['type'] === 'thinking');
    if (continues) merged[merged.length - 1] = extendPart(last, piece);
    else merged.push(piece);
  }
  return merged;
}

function extendPart(part: Members, { type, ...piece }: Members): Members {
  const merged: Members = { ...part, type };
  for (const [name, value] of Object.entries(piece)) {
    const current = merged[name];
    const isList = Array.isArray(current) && Array.isArray(value);
    merged[name] = isList ? appendParts(current, value) : append(current, value);
  }
  return merged;
}

/** Text and lists grow, objects grow member by member, anything else is replaced; null adds nothing. */
function append(current: unknown, piece: unknown): unknown {
  if (typeof current === 'string' && typeof piece === 'string') return current + piece;
  if (piece === null || piece === undefined) return current ?? null;
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

/** Grows in place: a copy of the lists for each token would add up to the square of their length. */
function appendLogprobs(current: Members, piece: Members): void {
  for (const [name, value] of Object.entries(piece)) {
    const list = current[name];
    if (Array.isArray(list) && Array.isArray(value)) for (const token of value) list.push(token);
    else current[name] = append(list, Array.isArray(value) ? [...value] : value);
  }
}

function copyLists(lists: Members): Members {
  return Object.fromEntries(
    Object.entries(lists).map(([name, value]) => [name, Array.isArray(value) ? [...value] : value]),
  );
}

interface ToolCallInProgress {
  /** Its place among the calls. */
  index: number;
  members: Members;
}

/**
 * The tool calls of one choice. The index says which call a fragment continues, but some servers leave it out,
 * and others (Ollama) give every call the index 0: a name under another id begins a new call. An id alone does
 * not, since others again (Kimi, LM Studio) give each fragment of one call an id of its own; the first is kept.
 */
class ToolCallMerger {
  readonly #calls: ToolCallInProgress[] = [];
  readonly #callByIndex = new Map<number, ToolCallInProgress>();

  add(fragment: Members): void {
    const { index, ...pieces } = fragment;
    const { members } = this.#find(index, pieces) ?? this.#begin(index, pieces);
    for (const [name, value] of Object.entries(pieces)) {
      if (name === 'function' && isObject(value))
        members[name] = mergeCall(members[name], value, 'arguments');
      else if (name === 'custom' && isObject(value)) members[name] = mergeCall(members[name], value, 'input');
      else if (name === 'id') members[name] ||= value;
      else if (value) members[name] = value;
    }
  }

  get calls(): Members[] {
    return [...this.#calls]
      .sort((a, b) => a.index - b.index)
      .map(({ members }) => Object.assign({}, members));
  }

  #find(index: unknown, fragment: Members): ToolCallInProgress | undefined {
    const { id } = fragment;
    const isIndexed = typeof index === 'number';
    const name = readName(fragment);
    // Nothing in it begins a call: Cerebras counts the index up while one call goes on.
    if (!id && name === '') return (isIndexed && this.#callByIndex.get(index)) || this.#calls.at(-1);

    const known = isIndexed
      ? this.#callByIndex.get(index)
      : (this.#calls.find((call) => id && call.members['id'] === id) ?? this.#calls.at(-1));
    if (known === undefined || name === '') return known;
    if (id && known.members['id']) return id === known.members['id'] ? known : undefined;
    // No ids to compare: an index names its call, and without one a second name is a second call.
    return isIndexed || readName(known.members) === '' ? known : undefined;
  }

  #begin(index: unknown, fragment: Members): ToolCallInProgress {
    const members = { id: '', type: isObject(fragment['custom']) ? 'custom' : 'function' };
    const call = { index: typeof index === 'number' ? index : this.#calls.length, members };
    this.#calls.push(call);
    if (typeof index === 'number') this.#callByIndex.set(index, call);
    return call;
  }
}

/** `name` is set by whoever sends it first, the text member grows; it is there even if no piece of it came. */
function mergeCall(current: unknown, piece: Members, text: 'arguments' | 'input'): Members {
  const { name, ...others } = isObject(current) ? current : { [text]: '' };
  const merged: Members = { name: name || piece['name'] || '', ...others };
  for (const [key, value] of Object.entries(piece))
    if (key !== 'name') merged[key] = append(merged[key], value);
  return merged;
}

function readName(call: Members): unknown {
  const target = call['function'] ?? call['custom'];
  return (isObject(target) && target['name']) || '';
}

function finishChoice(choice: ChoiceInProgress): Members {
  const { calls } = choice.toolCalls;
  const message: Members = { ...choice.message };
  if (calls.length > 0) message['tool_calls'] = calls;
  // An empty first piece announces text; where a call or a refusal came instead, there is no text.
  const hasOther =
    calls.length > 0 ||
    Boolean(message['refusal']) ||
    isObject(message['function_call']) ||
    isObject(message['audio']);
  if (message['content'] === '' && hasOther) message['content'] = null;
  const { index, finish_reason, others } = choice;
  // They go on growing: what is handed out stays as it is.
  const logprobs = choice.logprobs && copyLists(choice.logprobs);
  return { index, message, logprobs, finish_reason, ...others };
}

function isObject(value: unknown): value is Members {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
