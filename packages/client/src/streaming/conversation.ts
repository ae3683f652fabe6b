// The messages of a conversation and the completions that extend it, with the promises and events of their end.

import type { ChatCompletionMessage } from '../contract/chat-completion.ts';
import type { CompletionUsage } from '../contract/completion-usage.ts';
import type { ChatCompletionMessageParam } from '../contract/messages.ts';
import type { ChatCompletionMessageFunctionToolCall } from '../contract/tools.ts';
import { ColloquyError } from '../errors.ts';
import type { ParsedChatCompletion } from '../schema/parsed-chat-completion.ts';
import type { EmittedEvents } from './chat-completion-events.ts';
import { EventStream, type BaseEvents } from './event-stream.ts';

/** What a conversation ends with, by the event that tells of it. */
interface Outcome<ParsedT> {
  readonly finalChatCompletion: ParsedChatCompletion<ParsedT>;
  readonly finalMessage: ChatCompletionMessage;
  readonly finalContent: string | null;
  readonly finalFunctionToolCall: ChatCompletionMessageFunctionToolCall.Function | undefined;
  readonly finalFunctionToolCallResult: string | undefined;
  readonly totalUsage: CompletionUsage;
}

/** A conversation that grows: by one completion, or by several and the results of tools between them. */
export class Conversation<Events extends BaseEvents, ParsedT> extends EventStream<Events, EmittedEvents> {
  /** What was said so far, the request's messages first. What is added here is part of the next request. */
  readonly messages: ChatCompletionMessageParam[] = [];
  readonly #completions: ParsedChatCompletion<ParsedT>[] = [];
  #outcome: Outcome<ParsedT> | undefined;

  /** The completions so far, in their order. */
  allChatCompletions(): ParsedChatCompletion<ParsedT>[] {
    return [...this.#completions];
  }

  /** Resolves at the end with the last completion. */
  async finalChatCompletion(): Promise<ParsedChatCompletion<ParsedT>> {
    return (await this.#final()).finalChatCompletion;
  }

  /** Resolves at the end with the model's last message. */
  async finalMessage(): Promise<ChatCompletionMessage> {
    return (await this.#final()).finalMessage;
  }

  /** Resolves at the end with the words of the model's last message; null if it has none. */
  async finalContent(): Promise<string | null> {
    return (await this.#final()).finalContent;
  }

  /** Resolves at the end with the last function call, if there was one. */
  async finalFunctionToolCall(): Promise<ChatCompletionMessageFunctionToolCall.Function | undefined> {
    return (await this.#final()).finalFunctionToolCall;
  }

  /** Resolves at the end with what the last function call gave back, if there was one. */
  async finalFunctionToolCallResult(): Promise<string | undefined> {
    return (await this.#final()).finalFunctionToolCallResult;
  }

  /** Resolves at the end with the tokens that all completions spent, as far as the server counts them. */
  async totalUsage(): Promise<CompletionUsage> {
    return (await this.#final()).totalUsage;
  }

  /** Begins the conversation; the events of its end follow when the work is done. */
  protected converse(
    messages: readonly ChatCompletionMessageParam[] | undefined,
    work: () => Promise<unknown>,
  ): this {
    // What is missing in a request is for the server to say.
    this.messages.push(...(messages ?? []));
    return this.start(async () => {
      await work();
      this.#outcome = this.#conclude();
      const { totalUsage, ...others } = this.#outcome;
      // What there is not is not told of.
      for (const [event, value] of Object.entries(others))
        if (value) this.emit(event as 'finalMessage', value as never);
      if (this.#completions.some(({ usage }) => usage)) this.emit('totalUsage', totalUsage);
    });
  }

  /** Adds a completion and its message, and returns it. */
  protected addCompletion(completion: ParsedChatCompletion<ParsedT>): ParsedChatCompletion<ParsedT> {
    for (const { index, message } of completion.choices) {
      // Some servers leave out the id, but results are told apart by it.
      for (const [place, call] of message.tool_calls?.entries() ?? []) {
        call.id ||= `call_${this.#completions.length}_${index}_${place}`;
      }
    }
    this.#completions.push(completion);
    this.emit('chatCompletion', completion);
    const message = completion.choices[0]?.message;
    if (message !== undefined) this.addMessage(message);
    return completion;
  }

  protected addMessage(message: ChatCompletionMessageParam): void {
    this.messages.push(message);
    this.emit('message', message);
    if (message.role === 'tool' && message.content) {
      this.emit('functionToolCallResult', message.content as string);
    } else if (message.role === 'assistant') {
      for (const call of message.tool_calls ?? []) {
        if (call.type === 'function') this.emit('functionToolCall', call.function);
      }
    }
  }

  async #final(): Promise<Outcome<ParsedT>> {
    await this.done();
    // The end comes only with an outcome.
    return this.#outcome as Outcome<ParsedT>;
  }

  #conclude(): Outcome<ParsedT> {
    const completion = this.#completions.at(-1);
    const answers = this.messages.filter((known) => known.role === 'assistant');
    const answer = answers.at(-1);
    if (completion === undefined || answer === undefined) {
      throw new ColloquyError('The conversation ended without a message of the model');
    }
    const { content = null, refusal = null } = answer;
    const calls = answers
      .flatMap(({ tool_calls }) => tool_calls ?? [])
      .filter((call) => call.type === 'function');
    const results = this.messages.flatMap((message) => {
      if (message.role !== 'tool' || typeof message.content !== 'string') return [];
      return calls.some(({ id }) => id === message.tool_call_id) ? [message.content] : [];
    });
    const totalUsage = { prompt_tokens: 0, completion_tokens: 0, total_tokens: 0 };
    for (const { usage } of this.#completions) addCounts(totalUsage, { ...usage });
    return {
      finalChatCompletion: completion,
      // It came from the model, or stands for what did.
      finalMessage: { ...answer, content, refusal } as ChatCompletionMessage,
      finalContent: content as string | null,
      finalFunctionToolCall: calls.at(-1)?.function,
      finalFunctionToolCallResult: results.at(-1),
      totalUsage,
    };
  }
}

type Counts = Record<string, unknown>;

/** Adds all numbers, those inside of details too. */
function addCounts(total: Counts, counts: Counts): void {
  for (const [name, count] of Object.entries(counts)) {
    if (typeof count === 'number') {
      total[name] = Number(total[name] ?? 0) + count;
    } else if (typeof count === 'object' && count !== null) {
      addCounts((total[name] ??= {}) as Counts, count as Counts);
    }
  }
}
