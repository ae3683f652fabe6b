// What the chunks of one choice bring, told as events: deltas as they come, and each part when it is whole.

import type { ChoiceInProgress } from '../accumulator.ts';
import type { ChatCompletionChunk } from '../contract/chat-completion-chunk.ts';
import type { ChatCompletion, ChatCompletionMessage } from '../contract/chat-completion.ts';
import type { ChatCompletionMessageFunctionToolCall } from '../contract/tools.ts';
import { PartialJsonParser } from '../partial-json.ts';
import {
  findArgumentsReader,
  findContentReader,
  readContent,
  type ReadingParams,
} from '../schema/parsed-chat-completion.ts';
import type { EmittedEvents } from './chat-completion-events.ts';
import type { EventParameters } from './event-stream.ts';

/** Where events go. Nothing is computed for an event that nobody hears. */
export interface Listeners {
  readonly hears: (event: keyof EmittedEvents) => boolean;
  readonly emit: <Event extends keyof EmittedEvents>(
    event: Event,
    ...values: EventParameters<EmittedEvents, Event>
  ) => void;
}

interface CallEvents {
  /** How much of the arguments was told. */
  told: number;
  isDone: boolean;
  readonly reader: PartialReader | undefined;
}

export class ChoiceEvents {
  readonly #listeners: Listeners;
  readonly #params: ReadingParams;
  readonly #reader: PartialReader | undefined;
  readonly #calls: CallEvents[] = [];
  /** The place of the call that grew last. */
  #current = -1;
  /** The `….done` events of words that were told. */
  readonly #done = new Set<string>();

  constructor(listeners: Listeners, params: ReadingParams) {
    this.#listeners = listeners;
    this.#params = params;
    this.#reader = findContentReader(params) && new PartialReader();
  }

  /** Tells what a piece brought to its choice, which holds it already. */
  take(piece: ChatCompletionChunk.Choice, choice: Readonly<ChoiceInProgress>): void {
    const { hears, emit } = this.#listeners;
    // Some servers leave it out.
    const delta: ChatCompletionChunk.Choice.Delta | undefined = piece.delta;
    const { content, refusal } = choice.message;
    if (typeof delta?.content === 'string' && typeof content === 'string' && content !== '') {
      emit('content', delta.content, content);
      if (hears('content.delta')) {
        const parsed = this.#reader?.read(delta.content, content);
        emit('content.delta', { delta: delta.content, snapshot: content, parsed });
      }
    }
    if (typeof delta?.refusal === 'string' && typeof refusal === 'string' && refusal !== '') {
      emit('refusal.delta', { delta: delta.refusal, snapshot: refusal });
    }
    if (piece.logprobs) this.#takeLogprobs(piece.logprobs, choice);
    if (delta?.tool_calls) this.#takeCalls(delta.tool_calls, choice);
    if (piece.finish_reason) this.end(choice);
  }

  /** Tells that all of the choice is whole, as far as that was not told. */
  end(choice: Readonly<ChoiceInProgress>): void {
    const { calls } = choice.toolCalls;
    this.#endWords(choice);
    for (const [index, call] of calls.entries()) if (isFunctionCall(call)) this.#endCall(index, call);
  }

  #takeLogprobs(piece: ChatCompletionChunk.Choice.Logprobs, choice: Readonly<ChoiceInProgress>): void {
    const { emit } = this.#listeners;
    const { content, refusal } = readLogprobs(choice);
    if (piece.content && content) {
      emit('logprobs.content.delta', { content: piece.content, snapshot: content });
    }
    if (piece.refusal && refusal) {
      emit('logprobs.refusal.delta', { refusal: piece.refusal, snapshot: refusal });
    }
  }

  #takeCalls(fragments: readonly Fragment[], choice: Readonly<ChoiceInProgress>): void {
    const { calls } = choice.toolCalls;
    for (const [index, call] of calls.entries()) {
      if (!isFunctionCall(call)) continue;
      const { name, arguments: args } = call.function;
      const events = (this.#calls[index] ??= this.#beginCall(name));
      if (args.length === events.told) continue;
      if (index !== this.#current) {
        this.#endWords(choice);
        const last = calls[this.#current];
        // Calls may interleave: only what is JSON can be whole.
        if (isFunctionCall(last)) this.#endCall(this.#current, last, isJson);
        this.#current = index;
      }
      const told = Math.max(events.told, 0);
      const only = fragments.length === 1 ? fragments[0]?.function?.arguments : undefined;
      // Cut out only if need be: that joins all the pieces.
      const added = only?.length === args.length - told ? only : args.slice(told);
      events.told = args.length;
      const event = 'tool_calls.function.arguments.delta';
      if (!this.#listeners.hears(event)) continue;
      const parsed = events.reader?.read(added, args);
      this.#listeners.emit(event, {
        name,
        index,
        arguments: args,
        parsed_arguments: parsed,
        arguments_delta: added,
      });
    }
  }

  #beginCall(name: string): CallEvents {
    const reader = findArgumentsReader(this.#params, name) && new PartialReader();
    // Less than nothing: a call without arguments so far is told of too.
    return { told: -1, isDone: false, reader };
  }

  #endCall(
    index: number,
    { function: { name, arguments: args } }: FunctionCall,
    isWhole: (args: string) => boolean = () => true,
  ): void {
    const events = (this.#calls[index] ??= this.#beginCall(name));
    const event = 'tool_calls.function.arguments.done';
    if (events.isDone || !this.#listeners.hears(event) || !isWhole(args)) return;
    events.isDone = true;
    const parsed = findArgumentsReader(this.#params, name)?.(args) ?? null;
    this.#listeners.emit(event, { name, index, arguments: args, parsed_arguments: parsed });
  }

  #endWords(choice: Readonly<ChoiceInProgress>): void {
    const { emit } = this.#listeners;
    // Taken at its word, as in a whole completion.
    const message = {
      ...choice.message,
      tool_calls: choice.toolCalls.calls,
    } as unknown as ChatCompletionMessage;
    const { content, refusal } = message;
    const { content: contentTokens, refusal: refusalTokens } = readLogprobs(choice);
    // An empty piece announces words, but a refusal or a call may have come instead.
    if (content || (content === '' && !refusal && message.tool_calls?.length === 0)) {
      this.#once('content.done', () =>
        emit('content.done', { content, parsed: readContent(message, this.#params) }),
      );
    }
    if (refusal) this.#once('refusal.done', () => emit('refusal.done', { refusal }));
    if (contentTokens) {
      this.#once('logprobs.content.done', () => emit('logprobs.content.done', { content: contentTokens }));
    }
    if (refusalTokens) {
      this.#once('logprobs.refusal.done', () => emit('logprobs.refusal.done', { refusal: refusalTokens }));
    }
  }

  #once(event: keyof EmittedEvents, tell: () => void): void {
    if (this.#done.has(event) || !this.#listeners.hears(event)) return;
    this.#done.add(event);
    tell();
  }
}

/** Knows the value of a growing text of JSON. */
class PartialReader {
  readonly #parser = new PartialJsonParser();
  #length = 0;

  /** Returns the value of the whole text, whose end the delta is; up to the mistake, if it is no JSON. */
  read(delta: string, text: string): unknown {
    // Deltas are missing if the listener came late.
    const isNext = this.#length + delta.length === text.length;
    try {
      this.#parser.push(isNext ? delta : text.slice(this.#length));
    } catch {
      // Whoever reads the whole text will say so.
    }
    this.#length = text.length;
    return this.#parser.value;
  }
}

type Fragment = ChatCompletionChunk.Choice.Delta.ToolCall;
type FunctionCall = ChatCompletionMessageFunctionToolCall;

function isFunctionCall(call: unknown): call is FunctionCall {
  const { type, function: called } = (call ?? {}) as Partial<FunctionCall>;
  return type === 'function' && typeof called?.arguments === 'string';
}

function isJson(text: string): boolean {
  try {
    JSON.parse(text);
    return true;
  } catch {
    return false;
  }
}

function readLogprobs({ logprobs }: Readonly<ChoiceInProgress>): Partial<ChatCompletion.Choice.Logprobs> {
  return logprobs ?? {};
}
