import assert from 'node:assert/strict';
import { describe, it } from 'node:test';

import fc from 'fast-check';

import {
  changeMembers,
  mapElements,
  measureDepth,
  readElements,
  readMembers,
} from '../../src/json/members.ts';

function toBytes(text: string): Uint8Array {
  return new TextEncoder().encode(text);
}

function toText(bytes: Uint8Array): string {
  return new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes);
}

function read(text: string, ...names: string[]): Record<string, string> {
  return Object.fromEntries(
    [...readMembers(toBytes(text), new Set(names))].map(([name, json]) => [name, toText(json)]),
  );
}

function change(text: string, changes: Record<string, string | undefined>): string {
  return toText(changeMembers(toBytes(text), changes));
}

// JSON as texts, with everything that a writer may choose: white space, escapes, spellings of numbers, names that repeat.

const space = fc.string({ unit: fc.constantFrom(' ', '\t', '\n', '\r'), maxLength: 3 });

function character(unit: 'grapheme' | 'binary-ascii'): fc.Arbitrary<string> {
  return fc.string({ unit, minLength: 1, maxLength: 1 });
}

const spelledCharacter = fc.oneof(
  // As it is, where that is allowed; control characters and quotes are escaped by JSON.stringify.
  fc.oneof(character('grapheme'), character('binary-ascii')).map((text) => JSON.stringify(text).slice(1, -1)),
  fc.integer({ min: 0, max: 0xffff }).map((code) => `\\u${code.toString(16).padStart(4, '0')}`),
  // oxfmt-ignore
  fc.constantFrom('{', '}', '[', ']', ',', ':', '\\"', '\\\\', '\\/', '\\n', '\\u007D', '\\u0022', '\\u005c', 'é', '😀'),
);

const spelledString = fc
  .array(spelledCharacter, { maxLength: 8 })
  .map((characters) => `"${characters.join('')}"`);

/** Not with a backslash: once an object has had one, `JSON.parse` takes other names for it (nodejs/node#63785). */
const anyName = spelledString.filter((text) => !String(JSON.parse(text)).includes('\\'));

const spelledNumber = fc.oneof(
  fc.bigInt({ min: -(2n ** 80n), max: 2n ** 80n }).map(String),
  fc.double({ noNaN: true, noDefaultInfinity: true }).map(String),
  fc.constantFrom('-0', '1.0', '1E400', '1e-7', '0.10', '9007199254740993'),
);

const { value: spelledValue } = fc.letrec<{ value: string; array: string; object: string }>((tie) => ({
  value: fc.oneof(
    { depthSize: 'small' },
    spelledString,
    spelledNumber,
    fc.constantFrom('true', 'false', 'null'),
    tie('array'),
    tie('object'),
  ),
  array: fc
    .tuple(space, fc.array(fc.tuple(space, tie('value'), space), { maxLength: 4 }))
    .map(
      ([empty, items]) => `[${items.length === 0 ? empty : items.map((item) => item.join('')).join(',')}]`,
    ),
  object: fc
    .tuple(space, fc.array(fc.tuple(space, anyName, space, space, tie('value'), space), { maxLength: 4 }))
    .map(([empty, members]) => {
      const texts = members.map(([a, name, b, c, value, d]) => `${a}${name}${b}:${c}${value}${d}`);
      return `{${texts.length === 0 ? empty : texts.join(',')}}`;
    }),
}));

/** A few names, so that they repeat, some in several spellings. */
const spelledName = fc.oneof(
  // oxfmt-ignore
  fc.constantFrom(
    '"store"', '"\\u0073tore"', '"st\\u006Fre"', '"metadata"', '"a b"', '""', '"\\""', '"{"', '"é"', '"\\u00e9"', '"__proto__"',
    '"toString"', '"1"',
  ),
  anyName,
);

/** A member, in pieces. */
interface SpelledMember {
  readonly before: string;
  readonly value: string;
  readonly behind: string;
  readonly name: string;
}

const spelledMember: fc.Arbitrary<SpelledMember> = fc
  .tuple(space, spelledName, space, space, spelledValue, space)
  .map(([a, name, b, c, value, behind]) => ({
    before: `${a}${name}${b}:${c}`,
    value,
    behind,
    name: String(JSON.parse(name)),
  }));

interface SpelledObject {
  readonly members: readonly SpelledMember[];
  readonly text: string;
  readonly before: string;
  readonly behind: string;
}

const spelledObject: fc.Arbitrary<SpelledObject> = fc
  .tuple(space, space, fc.array(spelledMember, { maxLength: 6 }), space)
  .map(([before, empty, members, behind]) => ({
    members,
    before,
    behind,
    text: `${before}{${members.length === 0 ? empty : members.map(spell).join(',')}}${behind}`,
  }));

function spell({ before, value, behind }: SpelledMember): string {
  return `${before}${value}${behind}`;
}

const changedName = fc.oneof(
  fc.constantFrom('store', 'metadata', 'a b', '', '"', '{', 'é', '__proto__', 'toString', '1', 'new'),
  anyName.map((text) => String(JSON.parse(text))),
);

const changesOf = fc
  .array(fc.tuple(changedName, fc.option(spelledValue, { nil: undefined })), { maxLength: 4 })
  // As own members, `__proto__` too.
  .map((entries) => Object.fromEntries(entries));

/** What `JSON.parse` makes of it, as a map: `__proto__` is a name like any other. */
function parseMembers(text: string): Map<string, unknown> {
  return new Map(Object.entries(JSON.parse(text) as object));
}

describe('readMembers', () => {
  it('returns the texts of the members that are named', () => {
    assert.deepEqual(read('{"a":1,"b":[2,{"c":"}"}],"c":null}', 'a', 'b', 'd'), {
      a: '1',
      b: '[2,{"c":"}"}]',
    });
  });

  it('returns numbers as they are written', () => {
    const text = '{"seed":9007199254740993,"top_p":1.0,"big":1E400}';
    assert.deepEqual(read(text, 'seed', 'top_p', 'big'), {
      seed: '9007199254740993',
      top_p: '1.0',
      big: '1E400',
    });
  });

  it('knows a name in any spelling', () => {
    assert.deepEqual(read(String.raw`{"\u0073tore":true}`, 'store'), { store: 'true' });
  });

  it('knows names of quotes and backslashes', () => {
    const text = String.raw`{"\\":1,"\"":2,"\\\"":3,"\\\\":4,"\u005c\u0022x":5}`;
    const names = ['\\', '"', '\\"', '\\\\', '\\"x'];
    const found = readMembers(toBytes(text), new Set(names));
    assert.deepEqual([...found.keys()], names);
    assert.deepEqual([...found.values()].map(toText), ['1', '2', '3', '4', '5']);
  });

  it('looks at the top level only', () => {
    assert.deepEqual(read('{"a":{"store":true},"b":[{"store":true}],"c":"\\"store\\":true"}', 'store'), {});
  });

  it('returns the last of members that repeat, like JSON.parse', () => {
    assert.deepEqual(read('{"a":1,"a":2,"\\u0061":3}', 'a'), { a: '3' });
  });

  it('finds what JSON.parse finds, to the byte', () => {
    fc.assert(
      fc.property(spelledObject, ({ text, members }) => {
        const parsed = parseMembers(text);
        const found = readMembers(toBytes(text), new Set(parsed.keys()));
        assert.deepEqual(new Set(found.keys()), new Set(parsed.keys()));
        for (const [name, json] of found) {
          assert.deepEqual(JSON.parse(toText(json)), parsed.get(name));
          assert.equal(toText(json), members.findLast((member) => member.name === name)?.value);
        }
      }),
    );
  });

  it('reads a part of a larger buffer', () => {
    const whole = Buffer.from('{"a":0}{"a":1}{"a":2}');
    const found = readMembers(whole.subarray(7, 14), new Set(['a']));
    assert.deepEqual(
      [...found].map(([name, json]) => [name, toText(json)]),
      [['a', '1']],
    );
    const bytes = new Uint8Array(whole.buffer, whole.byteOffset + 7, 7);
    assert.equal(toText(changeMembers(bytes, { b: '3' })), '{"a":1,"b":3}');
  });
});

describe('changeMembers', () => {
  it('sets a member where it stands, or else at the end', () => {
    assert.equal(change('{"a":1,"b":2}', { a: '9' }), '{"a":9,"b":2}');
    assert.equal(change('{"a":1,"b":2}', { c: '3', d: '4' }), '{"a":1,"b":2,"c":3,"d":4}');
    assert.equal(change('{ }', { a: '1' }), '{"a":1}');
  });

  it('removes members with their comma', () => {
    assert.equal(change('{"a":1,"b":2,"c":3}', { a: undefined }), '{"b":2,"c":3}');
    assert.equal(change('{"a":1,"b":2,"c":3}', { b: undefined }), '{"a":1,"c":3}');
    assert.equal(change('{"a":1,"b":2,"c":3}', { c: undefined }), '{"a":1,"b":2}');
    assert.equal(change('{"a":1}', { a: undefined }), '{}');
  });

  it('changes every one of members that repeat', () => {
    assert.equal(change('{"a":1,"b":2,"a":3}', { a: '9' }), '{"a":9,"b":2,"a":9}');
    assert.equal(change('{"a":1,"b":2,"\\u0061":3}', { a: undefined }), '{"b":2}');
  });

  it('keeps white space, escapes and numbers of all else', () => {
    const rest = String.raw`"n" : 12345678901234567890.10 , "s":"\u0041\/" `;
    assert.equal(change(`{ "a": 1 , ${rest}}`, { a: '2' }), `{ "a": 2 , ${rest}}`);
  });

  it('takes bytes as well as text', () => {
    assert.equal(toText(changeMembers(toBytes('{"a":"é"}'), { a: toBytes('"😀"') })), '{"a":"😀"}');
  });

  it('returns the bytes as they were when nothing changes', () => {
    fc.assert(
      fc.property(spelledObject, fc.uniqueArray(changedName), ({ text, members }, names) => {
        const absent = names.filter((name) => !members.some((member) => member.name === name));
        const changed = change(text, Object.fromEntries(absent.map((name) => [name, undefined])));
        // Only an object without members may lose the white space in it.
        if (members.length > 0) assert.equal(changed, text);
        else assert.equal(changed.replaceAll(/\s/g, ''), '{}');
      }),
    );
  });

  it('does what assigning and deleting would do', () => {
    fc.assert(
      fc.property(spelledObject, changesOf, ({ text }, changes) => {
        const expected = parseMembers(text);
        for (const [name, value] of Object.entries(changes)) {
          if (value === undefined) expected.delete(name);
          else expected.set(name, JSON.parse(value));
        }
        assert.deepEqual(parseMembers(change(text, changes)), expected);
      }),
    );
  });

  it('keeps every byte of what is not named', () => {
    fc.assert(
      fc.property(spelledObject, changesOf, ({ before, members, behind, text }, changes) => {
        const names = new Set(members.map(({ name }) => name));
        const changed = members
          .filter(({ name }) => !Object.hasOwn(changes, name) || changes[name] !== undefined)
          .map((member) =>
            spell(
              Object.hasOwn(changes, member.name) ? { ...member, value: changes[member.name] ?? '' } : member,
            ),
          );
        const added = Object.entries(changes)
          .filter(([name, value]) => value !== undefined && !names.has(name))
          .map(([name, value]) => `${JSON.stringify(name)}:${value}`);
        const expected = `${before}{${[...changed, ...added].join(',')}}${behind}`;
        const actual = change(text, changes);
        if (members.length > 0 || added.length > 0) assert.equal(actual, expected);
      }),
    );
  });

  it('does not write into what it was given', () => {
    const given = toBytes('{"a":1,"b":2}');
    changeMembers(given, { a: '9', b: undefined, c: '3' });
    assert.equal(toText(given), '{"a":1,"b":2}');
  });
});

describe('readElements and mapElements', () => {
  const spelledElements = fc.array(fc.record({ before: space, value: spelledValue, behind: space }), {
    maxLength: 5,
  });

  it('find the elements of an array', () => {
    const elements = readElements(toBytes('[1, "a,]" ,[2,3],{"b":[4]} ]'));
    assert.deepEqual(elements.map(toText), ['1', '"a,]"', '[2,3]', '{"b":[4]}']);
    for (const text of ['[]', '[ ]', ' [\n]']) assert.deepEqual(readElements(toBytes(text)), []);
  });

  it('find what is there, and keep every byte of what is between', () => {
    fc.assert(
      fc.property(space, spelledElements, space, (before, elements, empty) => {
        const compose = (values: readonly string[]): string => {
          const texts = elements.map(
            (element, index) => `${element.before}${values[index]}${element.behind}`,
          );
          return `${before}[${elements.length === 0 ? empty : texts.join(',')}]`;
        };
        const values = elements.map(({ value }) => value);
        const json = toBytes(compose(values));
        assert.deepEqual(readElements(json).map(toText), values);
        assert.equal(toText(mapElements(json, (element) => element)), compose(values));
        const wrapped = mapElements(json, (element, index) => toBytes(`{"${index}":${toText(element)}}`));
        assert.equal(toText(wrapped), compose(values.map((value, index) => `{"${index}":${value}}`)));
      }),
    );
  });
});

describe('measureDepth', () => {
  it('counts arrays and objects, not what strings hold', () => {
    assert.equal(measureDepth(toBytes('1'), 9), 0);
    assert.equal(measureDepth(toBytes('"[[[{{{\\"[["'), 9), 0);
    assert.equal(measureDepth(toBytes('{"a":[{"b":"}"},{"c":[]}],"d":[]}'), 9), 4);
  });

  it('is the deepest nesting, whatever the spelling', () => {
    fc.assert(
      fc.property(spelledValue, (text) => {
        let depth = 0;
        const withoutStrings = text.replaceAll(/"(?:[^"\\]|\\.)*"/g, '');
        const depths = Array.from(withoutStrings.matchAll(/[[\]{}]/g), ([bracket]) => {
          depth += '[{'.includes(bracket) ? 1 : -1;
          return depth;
        });
        assert.equal(measureDepth(toBytes(text), 100), Math.max(0, ...depths));
      }),
    );
  });

  it('stops above its limit', () => {
    const deep = toBytes('['.repeat(100_000));
    assert.equal(measureDepth(deep, 128), 129);
    assert.equal(measureDepth(toBytes('[[[]]]'), 3), 3);
    assert.equal(measureDepth(toBytes('[[[[]]]]'), 3), 4);
  });
});

describe('what is no JSON', () => {
  /** Comes to an end, with something of the right type or the error of `JSON.parse`. */
  function endure(json: Uint8Array): void {
    assert.ok(measureDepth(json, 100) <= 101);
    assert.ok(readElements(json).length <= json.length);
    assert.ok(mapElements(json, (element) => element).length <= json.length);
    try {
      assert.ok(readMembers(json, new Set(['store', 'a'])) instanceof Map);
      assert.ok(changeMembers(json, { store: undefined, a: '1' }) instanceof Uint8Array);
    } catch (error) {
      if (!(error instanceof SyntaxError)) throw error;
    }
  }

  it('does no harm when it is cut off anywhere', () => {
    fc.assert(
      fc.property(spelledObject, fc.nat(), ({ text }, at) => {
        const json = toBytes(text);
        endure(json.subarray(0, at % (json.length + 1)));
      }),
    );
  });

  it('does no harm when a byte of it is another', () => {
    fc.assert(
      fc.property(spelledObject, fc.nat(), fc.integer({ min: 0, max: 255 }), ({ text }, at, byte) => {
        const json = toBytes(text);
        json[at % json.length] = byte;
        endure(json);
      }),
    );
  });

  it('does no harm when it is noise', () => {
    const noise = fc.oneof(
      fc.uint8Array({ maxLength: 200 }),
      fc.string({ unit: fc.constantFrom(...'{}[]":,\\ua1 \n'.split('')), maxLength: 60 }).map(toBytes),
    );
    fc.assert(fc.property(noise, endure), { numRuns: 2000 });
  });

  it('takes no longer the more it is twisted', () => {
    // Each would take minutes if a part of it were read again for every quote or backslash.
    for (const piece of ['"', '\\', '\\"', '{', '{"a":', '[', ',', '"a":1,', ' ']) {
      endure(toBytes(`{"a":${piece.repeat(300_000)}`));
      endure(toBytes(piece.repeat(300_000)));
    }
  });
});
