// The events of a streaming answer as items: what each of them means, and which end of the answer is one.

import { APIConnectionError, APIError, findErrorObject, parseJson, toReportedError } from './errors.ts';
import type { Answer } from './request.ts';
import { SseDecoder, type ServerSentEvent } from './sse.ts';
import type { ItemSource } from './stream.ts';

/** The event that ends a stream; it carries no JSON. */
const DONE = '[DONE]';

/** How long the end of the answer may take after `[DONE]`, in milliseconds; then the connection is closed. */
const END_WAIT_MS = 100;

type BodyReader = Pick<ReadableStreamDefaultReader<Uint8Array>, 'read' | 'cancel'>;

/** A transport may read its bodies for less than a web stream around them costs, as that of Node does. */
interface ReadableResponse extends Response {
  getReader?(): BodyReader | undefined;
}

/** Reads a streaming answer. What one read of its body brought is parsed in one go, which costs less than by and by. */
export function readItems<Item>({ response, lifetime, idleTimeout }: Answer): ItemSource<Item> {
  const reader = openReader(response);
  const decoder = new SseDecoder();
  /** Whether each choice, by its index, has ended. */
  const isFinished = new Map<unknown, boolean>();
  let isWhole = false;
  /** What the reader is told after the items that came before it. */
  let failure: unknown;

  /** The body has ended. */
  function end(): Item[] {
    const items = parse(decoder.flush());
    // An event that was cut in the middle is none. What the server says of its trouble is more than that it ended.
    if (!(failure instanceof APIError)) {
      failure = undefined;
      // Some servers leave out [DONE]; a reason for the end of each choice says as much.
      isWhole ||= isFinished.size > 0 && ![...isFinished.values()].includes(false);
      if (!isWhole) failure = new APIConnectionError('The stream ended before the completion did');
    }
    return items;
  }

  function parse(events: readonly ServerSentEvent[]): Item[] {
    const items: Item[] = [];
    try {
      for (const event of events) {
        if (event.data === DONE) {
          isWhole = true;
          readRest(reader);
          break;
        }
        const item = parseItem(event, response.headers);
        noteEnds(item);
        // The server's word is taken for the shape: checking each chunk would cost more than reading it.
        items.push(item as Item);
      }
    } catch (error) {
      failure = error;
    }
    return items;
  }

  function noteEnds(chunk: unknown): void {
    const choices: unknown = (chunk as { choices?: unknown } | null)?.choices;
    if (!Array.isArray(choices)) return;
    for (const choice of choices as ({ index?: unknown; finish_reason?: unknown } | null)[]) {
      const { index, finish_reason } = choice ?? {};
      if (finish_reason || !isFinished.has(index)) isFinished.set(index, Boolean(finish_reason));
    }
  }

  // The head has come. While nobody reads, nothing is waited for.
  lifetime.unlimit();
  return {
    async read() {
      // Comments alone do not set it back.
      lifetime.limit(idleTimeout, 'The stream had no event');
      try {
        for (;;) {
          if (failure) throw failure;
          if (isWhole) {
            lifetime.close();
            return [];
          }
          const { value } = await reader.read();
          const items = value ? parse(decoder.push(value)) : end();
          if (items.length > 0) return items;
        }
      } catch (error) {
        throw error === failure ? error : lifetime.explain(error, 'The answer broke off');
      } finally {
        lifetime.pause();
      }
    },
    leave() {
      lifetime.close();
      if (!isWhole) lifetime.controller.abort();
    },
  };
}

function openReader(response: ReadableResponse): BodyReader {
  // An answer without a body has an end as well.
  return response.getReader?.() ?? (response.body ?? new Blob().stream()).getReader();
}

/** Reads the end of the body, which follows `[DONE]` at once, so that the connection can serve the next call. */
function readRest(reader: BodyReader): void {
  const cancel = (): void => {
    clearTimeout(timer);
    // At the end, there is nothing left to release; nor is there if the connection broke.
    reader.cancel().catch(() => undefined);
  };
  const timer = setTimeout(cancel, END_WAIT_MS);
  reader.read().then(cancel, cancel);
}

function parseItem({ event, data }: ServerSentEvent, headers: Headers): unknown {
  const isError = event === 'error';
  const item = parseJson(data, isError);
  const error = findErrorObject(item, isError);
  if (error) throw toReportedError(error, headers);
  return item;
}
