// A piece of work that tells what happens in it, as `openai` does: by listeners, promises and iterators.

import { APIUserAbortError, ColloquyError } from '../errors.ts';
import { explainAbort, Lifetime } from '../lifetime.ts';
import { EventQueue } from './event-queue.ts';

/** What every stream of events tells. */
export interface BaseEvents {
  /** The server has begun to answer. */
  connect: () => void;
  /** The work has failed. */
  error: (error: ColloquyError) => void;
  /** The work was ended, by `abort()` or by the caller's signal. */
  abort: (error: APIUserAbortError) => void;
  /** The last event, however the work went. */
  end: () => void;
}

/** What a listener of this event is called with. */
export type EventParameters<Events, Event extends keyof Events> = Events[Event] extends (
  ...values: infer Values
) => unknown
  ? Values
  : never;

/** What `emitted` resolves with: the value of the event, or the list of its values if it has several. */
export type EmittedValue<Values extends readonly unknown[]> = Values extends readonly []
  ? void
  : Values extends readonly [infer Value]
    ? Value
    : Values;

interface Registration {
  readonly listener: unknown;
  readonly isOnce: boolean;
}

/**
 * Work that has begun. `Events` maps the name of each event to its listener; `Emitted` adds those that only
 * subclasses know.
 *
 * An error that nobody could hear of, since there was no listener for it, no promise and no iterator, becomes an
 * unhandled rejection.
 */
export class EventStream<Events extends BaseEvents, Emitted = Events> {
  /** Ends the work when it aborts. */
  readonly controller: AbortController;
  readonly #lifetime: Lifetime;
  readonly #registrations = new Map<PropertyKey, readonly Registration[]>();
  readonly #queues = new Set<{ readonly isFull: boolean }>();
  #done: Promise<void> | undefined;
  #error: ColloquyError | undefined;
  #isEnded = false;
  /** Whether somebody would hear of an error. */
  #isObserved = false;
  /** Whether somebody waits for the end, so that it must come even if nobody takes the events. */
  #isAwaited = false;
  #resume: (() => void) | undefined;

  /** The work ends with this signal as well; the stream leaves it at its own end. */
  constructor(signal?: AbortSignal | null) {
    this.#lifetime = new Lifetime(signal);
    this.controller = this.#lifetime.controller;
  }

  /** Whether the last event has come. */
  get ended(): boolean {
    return this.#isEnded;
  }

  /** Whether the work has failed or was aborted. */
  get errored(): boolean {
    return this.#error !== undefined;
  }

  /** Whether the work was aborted. */
  get aborted(): boolean {
    return this.#error instanceof APIUserAbortError;
  }

  /** Ends the work; what waits for it is told by an `APIUserAbortError`. */
  abort(): void {
    this.controller.abort();
  }

  /** Calls the listener at each event. Added twice, it is called twice. */
  on<Event extends keyof Events>(event: Event, listener: Events[Event]): this {
    return this.#add(event, { listener, isOnce: false });
  }

  /** Calls the listener at the next event only. */
  once<Event extends keyof Events>(event: Event, listener: Events[Event]): this {
    return this.#add(event, { listener, isOnce: true });
  }

  /** Takes away a listener, once if it was added several times. */
  off<Event extends keyof Events>(event: Event, listener: Events[Event]): this {
    const registration = this.#registrations.get(event)?.find((known) => known.listener === listener);
    return this.#remove(event, registration);
  }

  /**
   * Resolves at the next event, with its value, or with a list if it has several. Rejects if the work fails first,
   * unless the event asked for is `error`.
   */
  emitted<Event extends keyof Events>(event: Event): Promise<EmittedValue<EventParameters<Events, Event>>> {
    return new Promise((resolve, reject) => {
      if (event === 'error') this.#isObserved = this.#isAwaited = true;
      else void this.done().catch(reject);
      const listener = (...values: unknown[]): void =>
        // The type above says what this is.
        resolve((values.length > 1 ? values : values[0]) as never);
      this.#add(event, { listener, isOnce: true });
    });
  }

  /**
   * Iterates over the events of this name, as lists of their values: `for await (const [message] of
   * stream.events('message'))`. Throws if the work fails or is aborted, unless that is the event asked for.
   *
   * The work pauses while every iterator has enough to go on with, unless a promise of its end was asked for.
   */
  events<Event extends keyof Events>(
    event: Event,
  ): AsyncIterableIterator<EventParameters<Events, Event>, undefined> {
    return this.#iterate(event, (...values) => values as EventParameters<Events, Event>);
  }

  /** Resolves at the end of the work; rejects if it fails or is aborted. */
  async done(): Promise<void> {
    this.#isObserved = this.#isAwaited = true;
    this.#resume?.();
    await this.#done;
  }

  /** Begins the work. Whatever it tells comes later than this call. */
  protected start(work: () => Promise<void>): this {
    this.#done = this.#run(work);
    this.#done.catch(() => undefined);
    return this;
  }

  protected emit<Event extends keyof Emitted>(
    event: Event,
    ...values: EventParameters<Emitted, Event>
  ): void {
    if (!this.#isEnded) this.#tell(event, values);
  }

  /** Whether any event has a listener. */
  protected get isHeard(): boolean {
    return this.#registrations.size > 0;
  }

  /** Whether the event has a listener: what only serves to tell of it can be left out. */
  protected hears(event: keyof Emitted): boolean {
    return this.#registrations.has(event);
  }

  /** Iterates over the first value of each event; whoever leaves the loop aborts the work. */
  protected iterate<Event extends keyof Emitted>(
    event: Event,
  ): AsyncIterableIterator<EventParameters<Emitted, Event>[0], undefined> {
    const leave = (): void => {
      this.#isObserved = true;
      this.abort();
    };
    return this.#iterate(event, (value) => value as EventParameters<Emitted, Event>[0], leave);
  }

  /** What to wait for before there are more events: nothing, if some reader has none. */
  protected pause(): Promise<void> | undefined {
    if (this.#queues.size === 0 || this.#isAwaited || this.controller.signal.aborted) return undefined;
    for (const queue of this.#queues) if (!queue.isFull) return undefined;
    return new Promise((resolve) => {
      this.#resume = resolve;
    });
  }

  async #run(work: () => Promise<void>): Promise<void> {
    const { signal } = this.controller;
    const abortion = new Promise<never>((_, reject) => {
      signal.addEventListener('abort', () => {
        this.#resume?.();
        reject(explainAbort(signal));
      });
    });
    try {
      // It begins when whoever asked for it had time to listen, and may be slow to notice an abort.
      await Promise.race([Promise.resolve().then(work), abortion]);
    } catch (thrown) {
      const error = toColloquyError(thrown);
      this.#error = error;
      const event = this.aborted ? 'abort' : 'error';
      if (!this.#isObserved && !this.#registrations.has(event)) void Promise.reject(error);
      this.#tellLast(event, error);
      throw error;
    } finally {
      this.#lifetime.close();
      this.#isEnded = true;
      this.#tellLast('end');
    }
  }

  #tell(event: PropertyKey, values: readonly unknown[]): void {
    for (const registration of this.#registrations.get(event) ?? []) {
      if (registration.isOnce) this.#remove(event, registration);
      // What `on` and `emit` take for this event fits.
      (registration.listener as (...values: readonly unknown[]) => void)(...values);
    }
  }

  /** The work is over: what a listener throws has nowhere else to go. */
  #tellLast(event: keyof BaseEvents, ...values: readonly unknown[]): void {
    try {
      this.#tell(event, values);
    } catch (error) {
      void Promise.reject(error);
    }
  }

  #iterate<Item>(
    event: PropertyKey,
    toItem: (...values: readonly unknown[]) => Item,
    onLeave?: () => void,
  ): AsyncIterableIterator<Item, undefined> {
    const listener = (...values: readonly unknown[]): void => queue.push(toItem(...values));
    const registration = { listener, isOnce: false };
    const queue = new EventQueue<Item>(
      () => this.#resume?.(),
      () => {
        this.#remove(event, registration);
        this.#queues.delete(queue);
        this.#resume?.();
        onLeave?.();
      },
    );
    this.#isObserved = true;
    this.#queues.add(queue);
    this.#add(event, registration);
    this.#done?.then(
      () => queue.end(),
      (error: unknown) => queue.end(event === (this.aborted ? 'abort' : 'error') ? undefined : error),
    );
    return queue;
  }

  #add(event: PropertyKey, registration: Registration): this {
    this.#registrations.set(event, [...(this.#registrations.get(event) ?? []), registration]);
    return this;
  }

  #remove(event: PropertyKey, registration: Registration | undefined): this {
    const others = (this.#registrations.get(event) ?? []).filter((known) => known !== registration);
    if (others.length > 0) this.#registrations.set(event, others);
    else this.#registrations.delete(event);
    return this;
  }
}

function toColloquyError(thrown: unknown): ColloquyError {
  if (thrown instanceof ColloquyError) return thrown;
  if (thrown instanceof Error && thrown.name === 'AbortError') return new APIUserAbortError(thrown);
  return new ColloquyError(thrown instanceof Error ? thrown.message : String(thrown), { cause: thrown });
}
