import assert from 'node:assert/strict';
import { hash, randomBytes } from 'node:crypto';
import { describe, it } from 'node:test';

import {
  decodeIntactTexts,
  decodeRequest,
  decodeTexts,
  encodeText,
  encodeTexts,
  type HashedTexts,
} from '../../../src/storage/sqlite/text-codec.ts';

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

  it('takes no other memory along to another thread', () => {
    const [text] = decodeTexts([encodeText(Buffer.from(TEXT))]);
    assert.equal(text!.buffer.byteLength, TEXT.length);
  });

  it('is refused where it is damaged, or cut short', () => {
    const encoded = encodeText(Buffer.from(TEXT));
    assert.throws(() => decodeTexts([encoded.subarray(0, -4)]));
    const longer = Buffer.from(encoded);
    longer.writeUInt32LE(longer.readUInt32LE(1) + 1, 1);
    assert.throws(() => decodeTexts([longer]), /damaged/);
  });

  it('is read although what was read before it was damaged', () => {
    const encoded = encodeText(Buffer.from(TEXT));
    const flipped = Buffer.from(encoded);
    flipped[20]! ^= 0xff;
    const damaged = {
      'cut short': encoded.subarray(0, -4),
      'without a frame': encoded.subarray(0, 5),
      flipped,
      'followed by another beginning': Buffer.concat([encoded, encoded.subarray(5, 9)]),
      'followed by what is no frame': Buffer.concat([encoded, Buffer.from('other')]),
    };
    for (const [how, text] of Object.entries(damaged)) {
      try {
        decodeTexts([text]);
      } catch {
        // Whether it is noticed differs; the next one counts.
      }
      assert.equal(Buffer.from(decodeTexts([encoded])[0]!).toString(), TEXT, how);
    }
  });
});

/** Of every kind: short, too long to be kept as one, what is not worth to be compressed, and nothing at all. */
const PAIRS = [
  [TEXT, `{"answer":${TEXT}}`],
  [TEXT.repeat(50), TEXT.repeat(50)],
  ['{}', '{}'],
  [TEXT, ''],
  ['', TEXT],
  [randomBytes(300).toString('latin1'), randomBytes(9).toString('latin1')],
].map(([request, response]) => ({
  request: Buffer.from(request!, 'latin1'),
  response: Buffer.from(response!, 'latin1'),
}));

function keep({ request, response }: (typeof PAIRS)[number]): HashedTexts {
  return {
    ...encodeTexts(request, response),
    requestHash: hash('sha256', request, 'buffer'),
    responseHash: hash('sha256', response, 'buffer'),
  };
}

function toBuffers(texts: ReadonlyArray<Uint8Array | undefined>): Array<Buffer | undefined> {
  return texts.map((text) => text && Buffer.from(text));
}

describe('a request and its response', () => {
  it('come back as they were, each alone and beside others', () => {
    const kept = PAIRS.map(keep);
    const [requests, responses] = [
      PAIRS.map(({ request }) => request),
      PAIRS.map(({ response }) => response),
    ];
    assert.deepEqual(toBuffers(decodeTexts(kept.map(({ response }) => response))), responses);
    assert.deepEqual(toBuffers(kept.map(decodeRequest)), requests);
    const intact = decodeIntactTexts(kept);
    assert.deepEqual(toBuffers(intact.map(({ request }) => request)), requests);
    assert.deepEqual(toBuffers(intact.map(({ response }) => response)), responses);
  });

  it('take less room together, if they are short', () => {
    const [short, long] = PAIRS.map(keep);
    const { request, response } = PAIRS[0]!;
    assert.equal(short!.request.length, 1);
    assert.ok(short!.response.length < encodeText(request).length + encodeText(response).length);
    // Whoever reads only the response does not read a long request as well.
    assert.ok(long!.request.length > 1);
  });

  it('are told apart from those that are damaged, which take no others with them', () => {
    const kept = PAIRS.map(keep);
    const [first, second, third] = kept.map(({ request, response, ...hashes }) => ({
      ...hashes,
      request: Buffer.from(request),
      response: Buffer.from(response),
    }));
    first!.response[20]! ^= 1;
    second!.request[20]! ^= 1;
    third!.request[0] = 9;
    const found = decodeIntactTexts([first!, second!, third!, ...kept.slice(3)]);
    assert.ok(found[0]!.request === undefined || found[0]!.response === undefined);
    assert.equal(found[1]!.request, undefined);
    assert.deepEqual(Buffer.from(found[1]!.response!), PAIRS[1]!.response);
    assert.equal(found[2]!.request, undefined);
    for (const { request, response } of found.slice(3)) assert.ok(request && response);
  });
});
