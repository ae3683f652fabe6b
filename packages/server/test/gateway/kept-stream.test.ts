// Chunks that are like the one before are not parsed: whoever gets them, and whoever reads what was kept, must not notice.

import assert from 'node:assert/strict';
import { describe, it } from 'node:test';

import { ChatCompletionAccumulator, SseDecoder } from '@colloquy/client';
import type { ChatCompletionChunk } from '@colloquy/client/contract';
import fc from 'fast-check';

import { KeptStream } from '../../src/gateway/kept-stream.ts';
import type { Keep } from '../../src/gateway/plan.ts';

const KEEP: Keep = {
  id: `chatcmpl-${'0'.repeat(29)}`,
  isRequired: true,
  hidesUsage: true,
  choices: 1,
  idempotencyKey: undefined,
};

/** What is sent on, and the completion or the error, of a stream that arrives in these pieces. */
function relay(pieces: readonly Uint8Array[], keep: Keep): { sent: string; kept: unknown } {
  const stream = new KeptStream(keep);
  const sent = [...pieces.map((piece) => stream.push(piece)), stream.flush()];
  return {
    sent: Buffer.concat(sent).toString(),
    kept: { completion: stream.completion(), isComplete: stream.isComplete, error: stream.error },
  };
}

/** The same, with each event in a stream of its own: there is none before it that it could be like. */
function relayEach(text: string, keep: Keep): { sent: string; kept: unknown } {
  const accumulator = new ChatCompletionAccumulator();
  const sent: string[] = [];
  let [isDone, error] = [false, undefined as unknown];
  for (const event of new SseDecoder().push(Buffer.from(text))) {
    if (isDone || error !== undefined) break;
    const stream = new KeptStream(keep);
    const head = event.event === '' ? '' : `event: ${event.event}\n`;
    sent.push(Buffer.from(stream.push(Buffer.from(`${head}data: ${event.data}\n\n`))).toString());
    ({ isDone, error } = stream);
    if (!isDone && error === undefined) accumulator.add(JSON.parse(event.data) as ChatCompletionChunk);
  }
  const completion = accumulator.completion();
  const { length } = completion.choices;
  const isWhole = isDone ? length > 0 : accumulator.isFinished && length >= keep.choices;
  return {
    sent: sent.join(''),
    kept: { completion, isComplete: error === undefined && isWhole, error },
  };
}

function assertSame(events: readonly string[], cuts: readonly number[] = [], keep: Keep = KEEP): void {
  const text = events.map((data) => `data: ${data}\n\n`).join('');
  const bytes = Buffer.from(text);
  const places = [0, ...cuts.map((cut) => cut % (bytes.length + 1)).sort((a, b) => a - b), bytes.length];
  const pieces = places.slice(1).map((place, index) => bytes.subarray(places[index], place));
  assert.deepEqual(relay(pieces, keep), relayEach(text, keep));
}

/** A chunk as upstreams send it; `text` is the JSON of a string. */
const SHAPES: Readonly<Record<string, (text: string) => string>> = {
  plain: (text) =>
    `{"id":"x","object":"chat.completion.chunk","created":1,"model":"m","choices":[{"index":0,"delta":{"content":${text}},"logprobs":null,"finish_reason":null}]}`,
  padded: (text) =>
    `{"id":"x","choices":[{"index":0,"delta":{"content":${text}},"finish_reason":null}],"usage":null,"obfuscation":${text}}`,
  'padded before': (text) => `{"obfuscation":${text},"id":"x","choices":[{"delta":{"content":${text}}}]}`,
  'with its role': (text) =>
    `{ "choices": [ {"delta" : {"role":"assistant", "content": ${text} }, "index":0} ], "id" : "x" }`,
  reasoning: (text) =>
    `{"id":"x","choices":[{"index":0,"delta":{"content":null,"reasoning_content":${text}}}]}`,
  'both at once': (text) => `{"id":"x","choices":[{"index":0,"delta":{"content":${text},"reasoning":"r"}}]}`,
  'a call': (text) =>
    `{"id":"x","choices":[{"index":0,"delta":{"tool_calls":[{"index":0,"function":{"arguments":${text}}}]}}]}`,
  'a new call': (text) =>
    `{"id":"x","choices":[{"index":0,"delta":{"tool_calls":[{"index":0,"id":"c","type":"function","function":{"name":"f","arguments":${text}}}]}}]}`,
  'a call without index': (text) =>
    `{"id":"x","choices":[{"index":0,"delta":{"tool_calls":[{"id":"","function":{"name":"","arguments":${text}}}]}}]}`,
  'a call with its id each time': (text) =>
    `{"id":"x","choices":[{"index":0,"delta":{"tool_calls":[{"id":"c","type":"function","function":{"arguments":${text}}}]}}]}`,
  'a call of both kinds': (text) =>
    `{"id":"x","choices":[{"index":0,"delta":{"tool_calls":[{"index":0,"custom":{"input":"i"},"function":{"arguments":${text}}}]}}]}`,
  'log probabilities': (text) =>
    `{"id":"x","choices":[{"index":0,"delta":{"content":${text}},"logprobs":{"content":[{"token":"t"}]}}]}`,
  'another choice': (text) => `{"id":"x","choices":[{"index":1,"delta":{"content":${text}}}]}`,
  'two choices': (text) =>
    `{"id":"x","choices":[{"index":0,"delta":{"content":${text}}},{"index":1,"delta":{"content":"b"}}]}`,
  'names that repeat': (text) =>
    `{"id":"x","id":"y","choices":[],"choices":[{"index":0,"delta":{"content":"old","content":${text}}}]}`,
  'an escaped name': (text) => `{"id":"x","ch\\u006fices":[{"index":0,"delta":{"\\u0063ontent":${text}}}]}`,
  'parts of Mistral': (text) =>
    `{"id":"x","choices":[{"index":0,"delta":{"content":[{"type":"thinking","thinking":[{"type":"text","text":${text}}]}]}}]}`,
  'an end': (text) => `{"id":"x","choices":[{"index":0,"delta":{"content":${text}},"finish_reason":"stop"}]}`,
  'with usage': (text) =>
    `{"id":"x","choices":[{"index":0,"delta":{"content":${text}}}],"usage":{"total_tokens":3}}`,
  'usage alone': (text) => `{"id":"x","choices":[],"usage":{"total_tokens":7},"note":${text}}`,
  'no text': (text) => `{"id":"x","choices":[{"index":0,"delta":{"role":"assistant"},"note":${text}}]}`,
  'é before it': (text) => `{"id":"é","model":"ţ😀","choices":[{"delta":{"content":${text}},"z":"😀"}]}`,
};

const spelledText = fc.oneof(
  { weight: 6, arbitrary: fc.string({ unit: 'grapheme', maxLength: 6 }).map((text) => JSON.stringify(text)) },
  // Halves of a surrogate pair, which two chunks may share; quotes and backslashes at the end.
  // oxfmt-ignore
  fc.constantFrom('""', '" lorem"', '"\\ud83d"', '"\\ude00"', '"\\\\"', '"a\\""', '"\\u0041"', '"\\/"', '"\u007f\u0085"'),
  // No JSON, or no string.
  { weight: 1, arbitrary: fc.constantFrom('"\\x"', '"\\u12"', '"\t"', '"a"b"', '"', 'null', '7', '["a"]') },
);

/** Runs of chunks of one shape, as streams are. */
const events = fc
  .array(fc.tuple(fc.constantFrom(...Object.keys(SHAPES)), fc.array(spelledText, { maxLength: 5 })), {
    maxLength: 6,
  })
  .map((runs) => runs.flatMap(([shape, texts]) => texts.map((text) => SHAPES[shape]!(text))));

describe('KeptStream', () => {
  it('sends and keeps the same, whether or not chunks are like the one before', () => {
    fc.assert(
      fc.property(
        events,
        fc.array(fc.nat(), { maxLength: 6 }),
        fc.boolean(),
        fc.constantFrom(1, 2),
        (data, cuts, hidesUsage, choices) => {
          assertSame([...data, '[DONE]'], cuts, { ...KEEP, hidesUsage, choices });
          assertSame(data, cuts, { ...KEEP, hidesUsage, choices });
        },
      ),
      { numRuns: 1000 },
    );
  });

  for (const [name, spell] of Object.entries(SHAPES)) {
    it(`takes chunks of the shape: ${name}`, () => {
      assertSame(['"Hel"', '"lo"', '""', '" \\"wor"', '"ld\\""', '"\\ud83d"', '"\\ude00"'].map(spell));
    });
  }

  it('merges what stands between chunks that are alike in its order', () => {
    const [alike, usage] = [SHAPES['with usage']!, SHAPES['usage alone']!];
    assertSame([alike('"a"'), alike('"b"'), usage('"c"'), alike('""')]);
  });

  it('takes chunks that differ in more than their text', () => {
    const chunks = Array.from({ length: 30 }, (_, index) =>
      SHAPES['plain']!('"a"').replace('1', String(index)),
    );
    assertSame([...chunks, ...Array.from({ length: 10 }, () => SHAPES['plain']!('"b"'))]);
  });

  it('takes a text of many escapes, and one that is as long as a book', () => {
    for (const text of ['\\n'.repeat(100_000), 'a'.repeat(1_000_000)]) {
      assertSame(['"a"', '"b"', `"${text}"`, '"c"', '"d"'].map(SHAPES['plain']!));
    }
  });
});
