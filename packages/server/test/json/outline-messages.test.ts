import assert from 'node:assert/strict';
import { describe, it } from 'node:test';

import fc from 'fast-check';

import { outlineMessages } from '../../src/json/outline-messages.ts';

/** JSON text, and its outline if it stands in `messages`. */
interface Sample {
  readonly json: string;
  readonly outline: string;
}

function same(json: string): Sample {
  return { json, outline: json };
}

/** A string as JSON may spell it: any character as an escape, or as it is. */
const jsonString: fc.Arbitrary<Sample> = fc
  .array(
    fc.oneof(
      fc.string({ maxLength: 40 }).map((text) => JSON.stringify(text).slice(1, -1)),
      fc.string({ unit: 'grapheme', maxLength: 10 }).map((text) => JSON.stringify(text).slice(1, -1)),
      fc.constantFrom('\\"', '\\\\', '\\\\\\"', '\\u0022', '\\n', '[', '{', ',', ':'),
    ),
    { maxLength: 12 },
  )
  .map((parts) => `"${parts.join('')}"`)
  .map((json) => ({ json, outline: Buffer.byteLength(json) > 64 ? '"."' : json }));
const space = fc.constantFrom('', '', ' ', '\n\t').map(same);
const { value: jsonValue } = fc.letrec<{ value: Sample }>((tie) => ({
  value: fc.oneof(
    { maxDepth: 4, withCrossShrink: true },
    jsonString,
    fc.constantFrom('1', '-0.5e3', 'true', 'null', '[]', '{}').map(same),
    fc.array(tie('value'), { maxLength: 4 }).map((values) => join('[', values, ',', ']')),
    fc
      .array(fc.tuple(space, jsonString, fc.constant(same(':')), tie('value')).map(concat), { maxLength: 4 })
      .map((list) => join('{', list, ',', '}')),
  ),
}));
const NAMES_OF_MESSAGES = ['"messages"', '"m\\u0065ssages"'];
const member = fc
  .tuple(
    space,
    fc.oneof(fc.constantFrom(...NAMES_OF_MESSAGES, '"model"').map(same), jsonString),
    space,
    fc.constant(same(':')),
    space,
    jsonValue,
    space,
  )
  // Beside the messages, and in the names of the request itself, nothing is left out.
  .map((parts) => {
    const { json } = concat(parts);
    const outlined = parts.map((part, index) => (index === 5 ? part.outline : part.json)).join('');
    return { json, outline: NAMES_OF_MESSAGES.includes(parts[1].json) ? outlined : json };
  });
const request = fc.array(member, { maxLength: 4 }).map((list) => join('{', list, ',', '}'));

function concat(parts: readonly Sample[]): Sample {
  return {
    json: parts.map(({ json }) => json).join(''),
    outline: parts.map(({ outline: outlined }) => outlined).join(''),
  };
}

function join(open: string, samples: readonly Sample[], between: string, close: string): Sample {
  const parts = samples.flatMap((sample, index) => (index === 0 ? [sample] : [same(between), sample]));
  return concat([same(open), ...parts, same(close)]);
}

function outline(text: string): string {
  return outlineMessages(Buffer.from(text)).toString();
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

describe('The outline of a request', () => {
  it('has no long strings of its messages, and everything else', () => {
    const long = 'a "quoted" line\n'.repeat(10);
    const asked = {
      model: long,
      messages: [
        { role: 'user', content: long },
        { role: 'user', content: [{ type: 'image_url', image_url: { url: long, detail: 'low' } }] },
      ],
      metadata: { note: long },
    };
    assert.deepEqual(JSON.parse(outline(JSON.stringify(asked))), {
      model: long,
      messages: [
        { role: 'user', content: '.' },
        { role: 'user', content: [{ type: 'image_url', image_url: { url: '.', detail: 'low' } }] },
      ],
      metadata: { note: long },
    });
  });

  it('is the same text but for the long strings in the messages, however they are spelled', () => {
    fc.assert(
      fc.property(request, ({ json, outline: expected }) => {
        assert.notEqual(parse(json), undefined, 'the test itself writes JSON');
        assert.equal(outline(json), expected);
      }),
      { numRuns: 2000 },
    );
  });

  it('is no JSON where the text is none, but for what stands in the strings', () => {
    const harmful = fc.constantFrom('"', '\\', '{', '}', '[', ']', ',', ':', '\u0001', ' ', 'x', '1', '');
    const mutation = fc.tuple(fc.nat(), fc.nat({ max: 3 }), harmful);
    fc.assert(
      fc.property(request, fc.array(mutation, { minLength: 1, maxLength: 3 }), ({ json }, mutations) => {
        let broken = json;
        for (const [seed, removed, added] of mutations) {
          const at = seed % (broken.length + 1);
          broken = broken.slice(0, at) + added + broken.slice(at + removed);
        }
        // Every string without its contents, found by other means than in the outline.
        const emptied = broken.replaceAll(/"(?:[^"\\]|\\[^])*"/g, '""');
        const isShaped = parse(emptied) !== undefined;
        if (parse(outline(broken)) !== undefined) assert.ok(isShaped, broken);
        if (parse(broken) !== undefined) assert.notEqual(parse(outline(broken)), undefined, broken);
      }),
      { numRuns: 5000 },
    );
  });

  it('is made in one pass, also of what never ends', () => {
    for (const unit of ['\\\\', '\\"', '[', '"', '{"messages":', '"a",']) {
      const text = `{"messages":["${unit.repeat(200_000)}`;
      assert.equal(parse(outline(text)), undefined);
    }
  });
});
