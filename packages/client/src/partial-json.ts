// JSON that arrives in pieces, and its value so far: structured output, shown while it is written.
// @see https://www.rfc-editor.org/rfc/rfc8259

type Container = Record<string | number, unknown>;

/** What comes next: `element` and `member` are the first of their container, which may also close. */
type State = 'value' | 'element' | 'key' | 'member' | 'colon' | 'next' | 'string' | 'number' | 'word';

/** What cannot stand for itself in a string: the quote, the backslash, and control characters. */
const SPECIAL = /[^ !#-[\]-\uffff]/g;
/** An escape sequence, or the beginning of one. */
const ESCAPE_SO_FAR = /^\\(?:["/\\bfnrt]|u[\dA-Fa-f]{0,4})?$/;
/** A number, or the beginning of one. It is whole if it ends in a digit. */
const NUMBER_SO_FAR = /^-?(?:(?:0|[1-9]\d*)(?:\.|(?:\.\d+)?(?:[Ee][+-]?\d*)?))?$/;
const WORDS: Record<string, string> = { t: 'true', f: 'false', n: 'null' };
/** A longer number shows only when it is whole: reading it anew for each piece would cost more and more. */
const LONGEST_OPEN_NUMBER = 100;

/**
 * Reads JSON text that was cut anywhere, and knows its value at any time. A piece costs what its own length
 * costs, however much came before: nothing is read twice, and a string that is still open grows without a copy.
 *
 * Accepts what `JSON.parse` accepts, with the same result.
 */
export class PartialJsonParser {
  /** The open containers, inside a list that holds only the root value. */
  readonly #open: Container[] = [[] as unknown as Container];
  /** Where in the innermost container the value stands that is being read. */
  #key: string | number = 0;
  #state: State = 'value';
  /** The open string without what is held back, or the open number or word. */
  #token = '';
  #isKey = false;
  /** The beginning of an escape sequence. */
  #escape = '';
  /** The first half of a surrogate pair, whose other half may follow. */
  #half = '';
  /** What numbers like the open one look like, with one digit for many: enough to know what may follow. */
  #shape = '';
  /** The value, if any, that the open number takes the place of: its key came twice. */
  #replaced: [unknown] | undefined;
  #word = '';
  #position = 0;
  #error: SyntaxError | undefined;

  /**
   * The value so far; `undefined` before anything is known. Has open containers and open strings with what is
   * there of them, and a number as soon as it is one, though more digits may come; not an incomplete key, word,
   * escape sequence, or surrogate pair.
   *
   * It is live: later pieces change the same objects and arrays. To keep a state, copy it.
   */
  get value(): unknown {
    return this.#open[0]?.[0];
  }

  /** Takes the next piece. Throws a `SyntaxError` at the first character that cannot be, and ever after. */
  push(text: string): void {
    if (this.#error !== undefined) throw this.#error;
    const start = this.#position;
    let at = 0;
    while (at < text.length) {
      const end = this.#state === 'string' && this.#escape === '' ? findSpecial(text, at) : at;
      if (end > at) {
        this.#append(text.slice(at, end));
        at = end;
      } else {
        this.#position = start + at;
        const c = text.charAt(at);
        if (!this.#take(c)) this.#fail(`character ${JSON.stringify(c)}`);
        at += 1;
      }
    }
    this.#position = start + at;
    this.#show();
  }

  /** Says that no more comes. Returns the value, or throws a `SyntaxError` if it is not complete. */
  end(): unknown {
    if (this.#error !== undefined) throw this.#error;
    if (this.#state === 'number' && isWhole(this.#shape)) this.#finish(Number(this.#token));
    if (this.#state !== 'next' || this.#open.length > 1) this.#fail('end');
    return this.value;
  }

  #fail(what: string): never {
    this.#show();
    this.#error = new SyntaxError(`Unexpected ${what} at position ${this.#position} of the JSON text`);
    throw this.#error;
  }

  /** Takes one character; returns false if it cannot stand here. */
  #take(c: string): boolean {
    if (this.#state === 'string') return this.#takeInString(c);
    if (this.#state === 'number') return this.#takeInNumber(c);
    if (this.#state === 'word') return this.#takeInWord(c);
    if (' \n\r\t'.includes(c)) return true;

    const state = this.#state;
    const container = this.#container;
    const isArray = Array.isArray(container);
    const mayClose = state === 'element' || state === 'member' || (state === 'next' && this.#open.length > 1);
    if (mayClose && c === (isArray ? ']' : '}')) {
      this.#open.pop();
      this.#state = 'next';
      return true;
    }
    if (state === 'value' || state === 'element') return this.#begin(c);
    if (state === 'colon') {
      this.#state = 'value';
      return c === ':';
    }
    if (state === 'next') {
      this.#state = isArray ? 'value' : 'key';
      if (Array.isArray(container)) this.#key = container.length;
      return mayClose && c === ',';
    }
    this.#beginToken('string', '');
    this.#isKey = true;
    return c === '"';
  }

  #begin(c: string): boolean {
    if (c === '"') {
      this.#beginToken('string', '');
      this.#isKey = false;
    } else if (c === '{' || c === '[') {
      const container = (c === '{' ? {} : []) as Container;
      this.#put(container);
      this.#open.push(container);
      this.#key = 0;
      this.#state = c === '{' ? 'member' : 'element';
    } else if (NUMBER_SO_FAR.test(c)) {
      this.#beginToken('number', c);
      this.#shape = c;
      this.#replaced = Object.hasOwn(this.#container, this.#key) ? [this.#container[this.#key]] : undefined;
    } else {
      this.#beginToken('word', c);
      this.#word = WORDS[c] ?? '';
      return this.#word !== '';
    }
    return true;
  }

  #beginToken(state: State, token: string): void {
    this.#state = state;
    this.#token = token;
  }

  #takeInString(c: string): boolean {
    if (this.#escape !== '' || c === '\\') {
      this.#escape += c;
      if (!ESCAPE_SO_FAR.test(this.#escape)) return false;
      const length = this.#escape.startsWith('\\u') ? 6 : 2;
      if (this.#escape.length === length) {
        this.#append(JSON.parse(`"${this.#escape}"`) as string);
        this.#escape = '';
      }
      return true;
    }
    if (c !== '"') return false;
    const text = this.#token + this.#half;
    this.#half = '';
    if (this.#isKey) {
      this.#key = text;
      this.#state = 'colon';
    } else {
      this.#finish(text);
    }
    return true;
  }

  /** Looks only at the new text: to look at the end of the whole would join all its pieces. */
  #append(text: string): void {
    const last = text.charCodeAt(text.length - 1);
    const cut = last >= 0xd800 && last < 0xdc00 ? text.length - 1 : text.length;
    this.#token += this.#half + text.slice(0, cut);
    this.#half = text.slice(cut);
  }

  #takeInNumber(c: string): boolean {
    const shape = this.#shape + c;
    if (NUMBER_SO_FAR.test(shape)) {
      this.#token += c;
      this.#shape = shape.replace(/\d\d$/, '1');
      return true;
    }
    if (!isWhole(this.#shape)) return false;
    this.#finish(Number(this.#token));
    return this.#take(c);
  }

  #takeInWord(c: string): boolean {
    this.#token += c;
    if (this.#token === this.#word) this.#finish(JSON.parse(this.#word));
    return this.#word.startsWith(this.#token);
  }

  get #container(): Container {
    return this.#open.at(-1) as Container;
  }

  #finish(value: unknown): void {
    this.#put(value);
    this.#state = 'next';
  }

  #put(value: unknown): void {
    const key = this.#key;
    if (key === '__proto__') {
      // An assignment would set the prototype.
      Object.defineProperty(this.#container, key, {
        value,
        configurable: true,
        enumerable: true,
        writable: true,
      });
    } else {
      this.#container[key] = value;
    }
  }

  /** Makes the open string or number part of the value, or takes a number out that is none any more: `1.` */
  #show(): void {
    if (this.#state === 'string' && !this.#isKey) this.#put(this.#token);
    if (this.#state !== 'number') return;
    const isShown = isWhole(this.#shape) && this.#token.length <= LONGEST_OPEN_NUMBER;
    const shown = isShown ? [Number(this.#token)] : this.#replaced;
    if (shown !== undefined) this.#put(shown[0]);
    else if (Array.isArray(this.#container)) this.#container.length = this.#key as number;
    else delete this.#container[this.#key];
  }
}

function findSpecial(text: string, from: number): number {
  SPECIAL.lastIndex = from;
  return SPECIAL.test(text) ? SPECIAL.lastIndex - 1 : text.length;
}

function isWhole(number: string): boolean {
  return /\d$/.test(number);
}
