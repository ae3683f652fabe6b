import assert from 'node:assert/strict';
import { describe, it } from 'node:test';

import { digestQuestion } from '../../src/gateway/question.ts';

const ask = (text: string): string => digestQuestion(Buffer.from(text));
const HELLO = '{"model":"m","messages":[{"role":"user","content":"Hello"}],"seed":1}';

describe('a question', () => {
  it('is the same whatever the order of members and the space between them', () => {
    const other = '{ "seed": 1, "messages": [ { "content": "Hello", "role": "user" } ], "model": "m" }';
    assert.equal(ask(other), ask(HELLO));
  });

  it('is the same however its answer is delivered, kept and labelled', () => {
    const members =
      ',"stream":true,"stream_options":{"include_usage":true},"store":true,"metadata":{"a":"b"}}';
    assert.equal(ask(HELLO.replace(/}$/, members)), ask(HELLO));
  });

  it('is the same whatever characters are escaped', () => {
    assert.equal(ask(HELLO.replace('Hello', String.raw`\u0048ello`)), ask(HELLO));
  });

  for (const [what, from, to] of [
    ['a text', 'Hello', 'hello'],
    ['the model', '"m"', '"n"'],
    ['a member more', '}]', ',"name":null}]'],
    ['the order of a list', '[{', '[{"role":"system","content":""},{'],
    ['a number', '"seed":1', '"seed":2'],
    ['a text instead of a number', '"seed":1', '"seed":"1"'],
    ['a large number', '"seed":1', '"seed":9007199254740993'],
    ['metadata of a message', '"role"', '"metadata":{},"role"'],
  ] as const) {
    it(`is another with another value: ${what}`, () => {
      assert.notEqual(ask(HELLO.replace(from, to)), ask(HELLO));
    });
  }

  it('is another where numbers above 2^53 are neighbours', () => {
    const seeds = ['9007199254740992', '9007199254740993', '-0', '0'];
    assert.equal(new Set(seeds.map((seed) => ask(HELLO.replace('"seed":1', `"seed":${seed}`)))).size, 4);
  });

  it('takes a member of any name for a member', () => {
    assert.notEqual(ask(HELLO.replace('"role"', '"__proto__":{"a":1},"role"')), ask(HELLO));
  });
});
