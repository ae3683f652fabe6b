// The answer as a caller of `fetch` knows it. What is seldom asked for is made when it is asked for.

import type { IncomingMessage } from 'node:http';

import type { Body } from './body.ts';
import { NodeHeaders } from './node-headers.ts';

/** What a message does not say of itself. */
export interface Origin {
  readonly url: URL;
  readonly redirected: boolean;
}

/** An answer that is dropped unread would hold its connection for ever. */
const unread = new FinalizationRegistry<Body>((body) => body.abandon());

/** Answers that nobody has begun to read. Almost all are read at once, and what a registry holds makes garbage dear. */
const fresh = new Map<NodeResponse, Body>();

/** How long an answer counts as fresh, in milliseconds. */
const FRESH_MS = 1000;

/** A `Response` whose head and body are those of a message. */
export class NodeResponse implements Response {
  readonly type = 'basic';
  readonly #message: IncomingMessage;
  readonly #body: Body | null;
  readonly #origin: Origin;
  #headers: NodeHeaders | undefined;
  /** Whether the body is read without the stream. */
  #isTaken = false;
  /** The runtime's own response, around a stream of the body. */
  #whole: Response | undefined;

  /** `body` is null where the protocol has none. */
  constructor(message: IncomingMessage, body: Body | null, origin: Origin, whole?: Response) {
    this.#message = message;
    this.#body = body;
    this.#origin = origin;
    this.#whole = whole;
    if (body !== null && whole === undefined) watch(this, body);
  }

  get status(): number {
    return this.#message.statusCode ?? 0;
  }

  get statusText(): string {
    return this.#message.statusMessage ?? '';
  }

  get ok(): boolean {
    return this.status >= 200 && this.status < 300;
  }

  get url(): string {
    const { href, hash } = this.#origin.url;
    return href.slice(0, href.length - hash.length);
  }

  get redirected(): boolean {
    return this.#origin.redirected;
  }

  get headers(): Headers {
    return (this.#headers ??= new NodeHeaders(this.#message.rawHeaders));
  }

  get body(): Response['body'] {
    return this.#open().body;
  }

  get bodyUsed(): boolean {
    return this.#isTaken || (this.#whole?.bodyUsed ?? false);
  }

  /** Reads the body without a stream around it, which would cost more than all the rest. Undefined if there is none. */
  getReader(): Pick<Body, 'read' | 'cancel'> | undefined {
    return this.#take() ?? this.#open().body?.getReader();
  }

  async text(): Promise<string> {
    const body = this.#take();
    return body === undefined ? this.#open().text() : body.text();
  }

  async json(): Promise<unknown> {
    return JSON.parse(await this.text()) as unknown;
  }

  async arrayBuffer(): Promise<ArrayBuffer> {
    return this.#open().arrayBuffer();
  }

  async blob(): Promise<Blob> {
    return this.#open().blob();
  }

  // A Response has it since Node 22.
  async bytes(): Promise<Uint8Array> {
    return new Uint8Array(await this.arrayBuffer());
  }

  async formData(): Promise<FormData> {
    return this.#open().formData();
  }

  textStream(): ReadableStream<string> {
    return this.#open().textStream();
  }

  clone(): NodeResponse {
    return new NodeResponse(this.#message, this.#body, this.#origin, this.#open().clone());
  }

  /** The body, for the one who reads it first. */
  #take(): Body | undefined {
    if (this.#body === null || this.#isTaken || this.#whole !== undefined) return undefined;
    this.#isTaken = true;
    fresh.delete(this);
    return this.#body;
  }

  #open(): Response {
    if (this.#whole === undefined) {
      const stream = this.#body && createStream(this.#body);
      // The headers say what is in a blob or a form.
      this.#whole = new Response(stream, { headers: this.headers });
      // Who comes too late finds it as used up as it is.
      if (this.#isTaken) stream?.getReader();
      // From now on, it is the stream that may be dropped.
      fresh.delete(this);
      unread.unregister(this);
      if (this.#body !== null && stream !== null) unread.register(stream, this.#body);
    }
    return this.#whole;
  }
}

// A Response for `instanceof`, without what it costs to make one. `implements` sees to it that no member is left out.
Object.setPrototypeOf(NodeResponse.prototype, Response.prototype);

function watch(response: NodeResponse, body: Body): void {
  if (fresh.size === 0) setTimeout(register, FRESH_MS).unref();
  fresh.set(response, body);
}

function register(): void {
  for (const [response, body] of fresh) unread.register(response, body, response);
  fresh.clear();
}

function createStream(body: Body): ReadableStream<Uint8Array> {
  return new ReadableStream(
    {
      type: 'bytes',
      async pull(controller) {
        const { done, value } = await body.read();
        if (!done) {
          // A copy: the stream gives its memory away, and one read of a socket may have filled several pieces.
          controller.enqueue(new Uint8Array(value));
          return;
        }
        controller.close();
        controller.byobRequest?.respond(0);
      },
      cancel: () => body.cancel(),
    },
    { highWaterMark: 0 },
  );
}
