import assert from 'node:assert/strict';
import { describe, it } from 'node:test';

import fc from 'fast-check';

import { SseDecoder, type ServerSentEvent } from '../src/sse.ts';

const encoder = new TextEncoder();

/** The events of a stream that arrives in these pieces and then ends. */
function decode(...pieces: Array<string | Uint8Array>): ServerSentEvent[] {
  const decoder = new SseDecoder();
  const events = pieces.flatMap((piece) =>
    decoder.push(typeof piece === 'string' ? encoder.encode(piece) : piece),
  );
  return [...events, ...decoder.flush()];
}

/** The data of events that have no name. */
function data(...pieces: Array<string | Uint8Array>): string[] {
  return decode(...pieces).map((event) => {
    assert.equal(event.event, '');
    return event.data;
  });
}

function cut(bytes: Uint8Array, places: readonly number[]): Uint8Array[] {
  const ends = places.map((place) => place % (bytes.length + 1)).sort((a, b) => a - b);
  return [0, ...ends].map((start, i) => bytes.subarray(start, ends[i] ?? bytes.length));
}

function oneByOne(text: string): Uint8Array[] {
  return Array.from(encoder.encode(text), (byte) => Uint8Array.of(byte));
}

describe('the lines of an event stream', () => {
  for (const [name, end] of [
    ['LF', '\n'],
    ['CR', '\r'],
    ['CRLF', '\r\n'],
  ] as const) {
    it(`may end in ${name}`, () => {
      const text = `data: a${end}${end}: comment${end}data: b${end}data: c${end}${end}`;
      assert.deepEqual(data(text), ['a', 'b\nc']);
      assert.deepEqual(data(...oneByOne(text)), ['a', 'b\nc']);
    });
  }

  it('may end in CRLF of which each half comes in a piece of its own', () => {
    assert.deepEqual(data('data: a\r', '\ndata: b\r', '\n\r', '\n', 'data: c\r', '\n\r', '\n'), [
      'a\nb',
      'c',
    ]);
  });

  it('still end where an empty piece comes between CR and LF', () => {
    assert.deepEqual(data('data: a\r', '', '\ndata: b\r', new Uint8Array(), '\n\r', '\n'), ['a\nb']);
  });

  it('may mix all three ends', () => {
    assert.deepEqual(data('data: a\rdata: b\ndata: c\r\n\rdata: d\n\r\n'), ['a\nb\nc', 'd']);
  });

  it('take CR and CR in two pieces for two ends', () => {
    assert.deepEqual(data('data: a\r', '\rdata: b\r', '\r'), ['a', 'b']);
  });
});

describe('an event', () => {
  it('is complete with its blank line, not before', () => {
    const decoder = new SseDecoder();
    assert.deepEqual(decoder.push(encoder.encode('data: a\n')), []);
    assert.deepEqual(decoder.push(encoder.encode('\n')), [{ event: '', data: 'a' }]);
    assert.deepEqual(decoder.flush(), []);
  });

  it('joins its data lines by line feeds', () => {
    assert.deepEqual(data('data: {\ndata:   "a": 1\ndata:\ndata: }\n\n'), ['{\n  "a": 1\n\n}']);
  });

  it('loses one space after the colon, and no other', () => {
    assert.deepEqual(data('data:a\n\ndata: a\n\ndata:  a \n\ndata:\ta\n\n'), ['a', 'a', ' a ', '\ta']);
  });

  it('may have a name, which ends with it', () => {
    assert.deepEqual(decode('event: error\ndata: a\n\ndata: b\n\nevent:ping\ndata: c\n\n'), [
      { event: 'error', data: 'a' },
      { event: '', data: 'b' },
      { event: 'ping', data: 'c' },
    ]);
  });

  it('has the last of several names', () => {
    assert.deepEqual(decode('event: a\nevent: b\ndata: c\n\nevent: d\nevent\ndata: e\n\n'), [
      { event: 'b', data: 'c' },
      { event: '', data: 'e' },
    ]);
  });

  it('without data is none, and takes its name along', () => {
    assert.deepEqual(data('event: ping\n\ndata: a\n\n'), ['a']);
  });

  it('may have empty data', () => {
    assert.deepEqual(data('data:\n\ndata: \n\ndata\n\ndata\ndata\n\n'), ['', '', '', '\n']);
  });

  it('is read past fields that mean nothing here', () => {
    assert.deepEqual(data('id: 7\nretry: 10\ndataset: x\n data: y\nDATA: z\nnonsense\ndata: a\n\n'), ['a']);
  });

  it('takes a field `error:` for an event of that name, as older llama.cpp means it', () => {
    const text = 'error: {"message":"crashed"}\n\ndata: x\n\n';
    assert.deepEqual(decode(text), [
      { event: 'error', data: '{"message":"crashed"}' },
      { event: '', data: 'x' },
    ]);
  });

  it('may hold colons, and characters that other formats take for line ends', () => {
    assert.deepEqual(data('data: a: b\u2028c\u0085d\vd\fe\n\n'), ['a: b\u2028c\u0085d\vd\fe']);
  });
});

describe('the end of the stream', () => {
  it('completes an event that lacks its blank line', () => {
    assert.deepEqual(data('data: a\n\ndata: b\n'), ['a', 'b']);
    assert.deepEqual(data('data: a\r'), ['a']);
    assert.deepEqual(data('data: a\r\n\r'), ['a']);
  });

  it('completes a line that lacks its end', () => {
    assert.deepEqual(data('data: [DO', 'NE]'), ['[DONE]']);
  });

  it('shows a character that never came whole as a replacement character', () => {
    assert.deepEqual(data(encoder.encode('data: 🙂').subarray(0, -1)), ['\uFFFD']);
  });

  it('brings no event where there is none', () => {
    assert.deepEqual(decode(), []);
    assert.deepEqual(decode(''), []);
    assert.deepEqual(decode('\n\n\r\n\r\r\n\n'), []);
    assert.deepEqual(decode(': only a comment'), []);
  });
});

describe('characters', () => {
  it('may be cut anywhere', () => {
    for (const text of ['é', '€', '🙂', '👩‍👩‍👧‍👦']) {
      const bytes = encoder.encode(`data: ${text}\n\n`);
      for (let i = 0; i <= bytes.length; i += 1) {
        assert.deepEqual(data(bytes.subarray(0, i), bytes.subarray(i)), [text]);
      }
      assert.deepEqual(data(...oneByOne(`data: ${text}\n\n`)), [text]);
    }
  });

  it('may begin with a byte order mark, whole or cut', () => {
    assert.deepEqual(data('\uFEFFdata: a\n\n'), ['a']);
    assert.deepEqual(data(...oneByOne('\uFEFFdata: a\n\n')), ['a']);
  });

  it('keep a byte order mark that is not the first', () => {
    assert.deepEqual(data('data: a\uFEFF\n\n'), ['a\uFEFF']);
  });
});

describe('comments', () => {
  function comments(...pieces: Array<string | Uint8Array>): string[] {
    const found: string[] = [];
    const decoder = new SseDecoder((text) => found.push(text));
    for (const piece of pieces) decoder.push(typeof piece === 'string' ? encoder.encode(piece) : piece);
    decoder.flush();
    return found;
  }

  it('are told to whoever asks, without their colon', () => {
    assert.deepEqual(comments(': OPENROUTER PROCESSING\n\n:\n\n:keep-alive\r\ndata: a\n\n'), [
      ' OPENROUTER PROCESSING',
      '',
      'keep-alive',
    ]);
  });

  it('are told once they are complete', () => {
    assert.deepEqual(comments(...oneByOne(': 🙂 keep-alive\n')), [' 🙂 keep-alive']);
    assert.deepEqual(comments(': cut off'), [' cut off']);
  });

  it('are told before the events behind them', () => {
    const order: string[] = [];
    const decoder = new SseDecoder((text) => order.push(text));
    for (const event of decoder.push(encoder.encode(':first\ndata: second\n\n'))) order.push(event.data);
    assert.deepEqual(order, ['first', 'second']);
  });

  it('do not end an event', () => {
    assert.deepEqual(data('data: a\n: comment\ndata: b\n\n'), ['a\nb']);
  });
});

// There is no bound on the time: work that grew with the square of the length would be seen by its slowness.
describe('a huge stream', () => {
  it('may hold a line of four million characters, in a hundred thousand pieces', () => {
    const decoder = new SseDecoder();
    const piece = encoder.encode('0123456789'.repeat(4));
    const early = [encoder.encode('data: '), ...Array<Uint8Array>(100_000).fill(piece)];
    assert.equal(early.flatMap((bytes) => decoder.push(bytes)).length, 0);
    const [event, ...others] = decoder.push(encoder.encode('\n\n'));
    assert.equal(event?.data.length, 4_000_000);
    assert.deepEqual(others, []);
  });

  for (const [name, end] of [
    ['CR', '\r'],
    ['LF but for one CR', '\n'],
  ] as const) {
    it(`may come in one piece of many lines that end in ${name}`, () => {
      const text = `data: 0123456789${end}${end}`.repeat(100_000);
      assert.equal(decode(`${text}data: 0\r\r`).length, 100_001);
    });
  }
});

describe('any stream', () => {
  const lineEnd = fc.constantFrom('\n', '\r', '\r\n');
  // Any code point but the surrogates. fast-check's own unit for them takes a second to build its tables.
  const character = fc
    .oneof(fc.nat({ max: 0xff }), fc.nat({ max: 0xd7ff }), fc.integer({ min: 0xe000, max: 0x10ffff }))
    .map((code) => String.fromCodePoint(code));
  const text = fc.string({ unit: character }).map((value) => value.replaceAll(/[\r\n]/g, ''));
  /** Events as their lines, so that they can be written down and compared. */
  const event = fc.record({ name: text, lines: fc.array(text, { minLength: 1, maxLength: 4 }) });

  it('gives the same events, however it is cut', () => {
    const soup = fc
      .array(fc.oneof(lineEnd, fc.constantFrom('data:', 'data: ', 'event: ', ':', 'id: 1', '🙂', 'a'), text))
      .map((pieces) => pieces.join(''));
    fc.assert(
      fc.property(soup, fc.array(fc.nat({ max: 10_000 }), { maxLength: 12 }), (value, places) => {
        const bytes = encoder.encode(value);
        assert.deepEqual(decode(...cut(bytes, places)), decode(bytes));
        assert.deepEqual(decode(...oneByOne(value)), decode(bytes));
      }),
      { numRuns: 500 },
    );
  });

  it('gives the events that were written', () => {
    const stream = fc.array(
      fc.record({ event, end: lineEnd, space: fc.constantFrom('', ' '), comment: text }),
    );
    fc.assert(
      fc.property(stream, fc.array(fc.nat({ max: 10_000 }), { maxLength: 12 }), (written, places) => {
        const bytes = written.map(({ event: { name, lines }, end, space, comment }) => {
          // Without the space, a space that begins the value would be taken for it.
          const separate = (value: string) => `${value.startsWith(' ') ? ' ' : space}${value}`;
          const fields = [
            `:${comment}`,
            ...(name === '' ? [] : [`event:${separate(name)}`]),
            ...lines.map((line) => `data:${separate(line)}`),
          ];
          return fields.map((field) => field + end).join('') + end;
        });
        assert.deepEqual(
          decode(...cut(encoder.encode(bytes.join('')), places)),
          written.map(({ event: { name, lines } }) => ({ event: name, data: lines.join('\n') })),
        );
      }),
      { numRuns: 500 },
    );
  });
});
