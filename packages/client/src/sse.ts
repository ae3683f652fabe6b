// Server-sent events from bytes, however these were cut on their way.
// @see https://html.spec.whatwg.org/multipage/server-sent-events.html#parsing-an-event-stream

/** One event of a `text/event-stream`. */
export interface ServerSentEvent {
  /** The `event:` field; empty if there was none, as in chat completions. */
  event: string;
  /** The `data:` lines, joined by line feeds. */
  data: string;
}

/**
 * Turns pieces of an event stream into events. Takes CR, LF and CRLF, comments, several `data:` lines, and
 * characters cut anywhere; `id:` and `retry:` have no meaning for completions and are passed over.
 */
export class SseDecoder {
  readonly #utf8 = new TextDecoder();
  readonly #onComment: ((text: string) => void) | undefined;
  /** The beginning of a line whose end has not come. Pieces, so that a huge line is joined only once. */
  #line: string[] = [];
  /** A CR ended the last piece: an LF that opens the next belongs to it. */
  #afterCarriageReturn = false;
  #event = '';
  #data: string | undefined;

  /** `onComment` gets each comment line, without its colon, when it is complete. */
  constructor(onComment?: (text: string) => void) {
    this.#onComment = onComment;
  }

  /** Returns the events that these bytes complete. */
  push(bytes: Uint8Array): ServerSentEvent[] {
    return this.#read(this.#utf8.decode(bytes, { stream: true }));
  }

  /** Returns the last event, if the stream ended without the blank line that should follow it. */
  flush(): ServerSentEvent[] {
    return this.#read(`${this.#utf8.decode()}\n\n`);
  }

  #read(text: string): ServerSentEvent[] {
    const events: ServerSentEvent[] = [];
    let start = 0;
    if (this.#afterCarriageReturn && text !== '') {
      if (text.startsWith('\n')) start = 1;
      this.#afterCarriageReturn = false;
    }
    // Almost no server sends CR; those that do not are spared the search for it.
    const hasCarriageReturn = text.includes('\r');
    for (;;) {
      const end = hasCarriageReturn ? findLineEnd(text, start) : text.indexOf('\n', start);
      if (end === -1) break;
      this.#takeLine(text.slice(start, end), events);
      start = end + 1;
      if (text[end] === '\r') {
        if (text[start] === '\n') start += 1;
        else if (start === text.length) this.#afterCarriageReturn = true;
      }
    }
    if (start < text.length) this.#line.push(text.slice(start));
    return events;
  }

  #takeLine(end: string, events: ServerSentEvent[]): void {
    let line = end;
    if (this.#line.length > 0) {
      this.#line.push(end);
      line = this.#line.join('');
      this.#line = [];
    }
    if (line === '') {
      if (this.#data !== undefined) events.push({ event: this.#event, data: this.#data });
      this.#event = '';
      this.#data = undefined;
    } else if (line.startsWith('data:')) {
      const value = readValue(line, 5);
      this.#data = this.#data === undefined ? value : `${this.#data}\n${value}`;
    } else if (line.startsWith('event:')) {
      this.#event = readValue(line, 6);
    } else if (line.startsWith(':')) {
      this.#onComment?.(line.slice(1));
    }
  }
}

/** One space after the colon is not part of the value. */
function readValue(line: string, start: number): string {
  return line.slice(line[start] === ' ' ? start + 1 : start);
}

function findLineEnd(text: string, start: number): number {
  const lineFeed = text.indexOf('\n', start);
  const carriageReturn = text.indexOf('\r', start);
  if (lineFeed === -1 || carriageReturn === -1) return Math.max(lineFeed, carriageReturn);
  return Math.min(lineFeed, carriageReturn);
}
