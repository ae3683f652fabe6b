import assert from 'node:assert/strict';
import { describe, it } from 'node:test';

import { decodeTexts, encodeText } from '../../../src/storage/sqlite/text-codec.ts';

const TEXT =
  '{"model":"small","messages":[{"role":"system","content":"You are a helpful assistant."},{"role":"user",' +
  '"content":"What is a whale, and how long does it sleep in the winter? Explain it in one sentence."}],"store":true}';

/** The text, as it was kept before the dictionary had tables. */
const OLD =
  'AdkAAAAotS/9INmdAwD0A3tzbWFsbCJhIHdoYWxlLGhvdyBsb25nIGRvZXMgaXQgc2xlZXAgaW53aW50ZXI/IEVpdCBpc2VudGVuY2UufRAA4oUB/OIeF8NB+Abz5DPYhpqhCK8BsTVmyye3IYMMwW/h4DUDzooMd+cBupYii3AF';

describe('a text that is kept', () => {
  it('is compressed, and comes back as it was, beside others that are not, and older ones', () => {
    const text = Buffer.from(TEXT);
    const [encoded, plain] = [encodeText(text), encodeText(Buffer.from('{}'))];
    assert.ok(encoded.length < text.length / 2, `${encoded.length} of ${text.length} bytes`);
    const texts = decodeTexts([encoded, plain, Buffer.from(OLD, 'base64'), encoded]);
    assert.deepEqual(
      texts.map((each) => Buffer.from(each).toString()),
      [TEXT, '{}', TEXT, TEXT],
    );
  });

  it('is refused where it is damaged, or cut short', () => {
    const encoded = encodeText(Buffer.from(TEXT));
    assert.throws(() => decodeTexts([encoded.subarray(0, -4)]));
    const longer = Buffer.from(encoded);
    longer.writeUInt32LE(longer.readUInt32LE(1) + 1, 1);
    assert.throws(() => decodeTexts([longer]), /damaged/);
  });
});
