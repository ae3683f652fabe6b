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

  #read(piece: string): ServerSentEvent[] {
    const events: ServerSentEvent[] = [];
    const text = this.#unifyLineEnds(piece);
    let start = 0;
    for (;;) {
      const end = text.indexOf('\n', start);
      if (end === -1) break;
      this.#takeLine(text.slice(start, end), events);
      start = end + 1;
    }
    if (start < text.length) this.#line.push(text.slice(start));
    return events;
  }

  /** Almost no server sends CR; the text of those that do not is searched for it, and not copied. */
  #unifyLineEnds(piece: string): string {
    if (piece === '') return piece;
    const text = this.#afterCarriageReturn && piece.startsWith('\n') ? piece.slice(1) : piece;
    this.#afterCarriageReturn = text.endsWith('\r');
    return text.includes('\r') ? text.replaceAll(/\r\n?/g, '\n') : text;
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
    } else if (line.startsWith('data:') || line === 'data') {
      const value = readValue(line, 5);
      this.#data = this.#data === undefined ? value : `${this.#data}\n${value}`;
    } else if (line.startsWith('event:') || line === 'event') {
      this.#event = readValue(line, 6);
    } else if (line.startsWith(':')) {
      this.#onComment?.(line.slice(1));
    }
  }
}

/** One space after the colon is not part of the value. A field without a colon has an empty one. */
function readValue(line: string, start: number): string {
  return line.slice(line[start] === ' ' ? start + 1 : start);
}
