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
 * characters cut anywhere. A field `error:` is an event of that name; `id:` and `retry:` have no meaning for completions and are passed over.
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
    for (let end = text.indexOf('\n'); end !== -1; end = text.indexOf('\n', start)) {
      if (this.#line.length === 0) this.#takeLine(text, start, end, events);
      else {
        this.#line.push(text.slice(0, end));
        const line = this.#line.join('');
        this.#line = [];
        this.#takeLine(line, 0, line.length, events);
      }
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

  /** Takes the line between `start` and `end`, without a copy of it. */
  #takeLine(text: string, start: number, end: number, events: ServerSentEvent[]): void {
    if (start === end) {
      if (this.#data !== undefined) events.push({ event: this.#event, data: this.#data });
      this.#event = '';
      this.#data = undefined;
    } else if (text.startsWith('data:', start)) {
      this.#addData(readValue(text, start + 5, end));
    } else {
      const line = text.slice(start, end);
      if (line.startsWith(':')) this.#onComment?.(line.slice(1));
      // A field without a colon has an empty value.
      else if (line === 'data') this.#addData('');
      else if (/^event(:|$)/.test(line)) this.#event = readValue(line, 6, line.length);
      // No field of the standard: older llama.cpp reports its failures so.
      else if (line.startsWith('error:')) {
        this.#event = 'error';
        this.#addData(readValue(line, 6, line.length));
      }
    }
  }

  #addData(value: string): void {
    this.#data = this.#data === undefined ? value : `${this.#data}\n${value}`;
  }
}

/** One space after the colon is not part of the value. */
function readValue(text: string, start: number, end: number): string {
  return text.slice(text[start] === ' ' ? start + 1 : start, end);
}
