import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { describe, it } from 'node:test';

import { attach, detach, listAttachments, type Detached } from '../../src/storage/attachments.ts';
import { makeBytes, spellRequest, toDataUri } from './make-attachments.ts';

const IMAGE = makeBytes('image');
const BASE64 = IMAGE.toString('base64');

function detachText(text: string): Detached | undefined {
  return detach(Buffer.from(text));
}

/** Puts it together again, of nothing but what was kept. */
function join({ rest, places, attachments }: Detached): string {
  const found = new Map(attachments.map(({ sha256, bytes }) => [sha256.toString('hex'), bytes]));
  return Buffer.from(attach(rest, places, (sha256) => found.get(sha256.toString('hex'))!)).toString();
}

function assertDetached(text: string, ...expected: readonly Buffer[]): void {
  const detached = detachText(text);
  assert.ok(detached !== undefined);
  assert.deepEqual(
    new Set(detached.attachments.map(({ bytes }) => Buffer.from(bytes).toString('base64'))),
    new Set(expected.map((bytes) => bytes.toString('base64'))),
  );
  assert.equal(join(detached), text);
  assert.ok(detached.rest.length < 400, `${detached.rest.length} bytes are left`);
}

describe('An attachment', () => {
  it('is taken out of its text, decoded, and known by its hash', () => {
    const detached = detachText(spellRequest('Hi', IMAGE));
    assert.deepEqual(
      listAttachments(detached!.places).map((sha256) => sha256.toString('hex')),
      [createHash('sha256').update(IMAGE).digest('hex')],
    );
    assertDetached(spellRequest('Hi', IMAGE), IMAGE);
  });

  for (const [name, text] of Object.entries({
    'a file': JSON.stringify({ type: 'file', file: { filename: 'a.png', file_data: toDataUri(IMAGE) } }),
    'a file without a URI': JSON.stringify({ type: 'file', file: { file_data: BASE64 } }),
    audio: JSON.stringify({ type: 'input_audio', input_audio: { data: BASE64, format: 'wav' } }),
    'what is spelled with space around it': `{ "input_audio" : { "data" : "${BASE64}" } }`,
    'a string within a string': JSON.stringify({ arguments: JSON.stringify({ url: toDataUri(IMAGE) }) }),
    'what escapes its slashes, as PHP does': JSON.stringify({ url: toDataUri(IMAGE) }).replaceAll('/', '\\/'),
    'what escapes its plus signs, as .NET does': JSON.stringify({ url: toDataUri(IMAGE) }).replaceAll(
      '+',
      '\\u002B',
    ),
  })) {
    it(`is found in ${name}`, () => assertDetached(text, IMAGE));
  }

  for (const [name, base64] of Object.entries({
    'without its padding': makeBytes('image', 2000).toString('base64').replace(/=+$/, ''),
    'in the alphabet of URLs': makeBytes('image', 3001).toString('base64url'),
    'broken into lines': BASE64.replaceAll(/.{76}/g, '$&\\r\\n'),
    'with slashes of which some are escaped': BASE64.replace('/', '\\/'),
    'with padding in its middle': `${makeBytes('image', 1000).toString('base64')}${BASE64}`,
    // What is decoded at once has 524,288 characters.
    'with padding where what is decoded at once ends': `${makeBytes('image', 393_215).toString('base64')}${BASE64}`,
    'with bits in its last character that mean nothing': `${BASE64.slice(0, -4)}AB==`,
  })) {
    it(`is kept as it is spelled ${name}`, () => {
      assertDetached(`{"url":"data:image/png;base64,${base64}"}`, Buffer.from(base64));
    });
  }

  it('is one where it occurs twice', () => {
    assertDetached(spellRequest('Hi', IMAGE, makeBytes('other'), IMAGE), IMAGE, makeBytes('other'));
  });

  it('may be of many megabytes, and of a text that is cut off', () => {
    const large = makeBytes('large', 5_000_000);
    const text = spellRequest('Hi', large);
    assertDetached(text, large);
    assertDetached(text.slice(0, text.indexOf('"}}')), large);
  });

  for (const [name, text] of Object.entries({
    'is short': spellRequest('Hi', makeBytes('short', 700)),
    'stands in the middle of a sentence': JSON.stringify({ content: `See ${toDataUri(IMAGE)}: a tree.` }),
    'is no base64': JSON.stringify({ data: 'Once upon a time, '.repeat(100) }),
    'has another name': JSON.stringify({ dat: BASE64 }),
  })) {
    it(`stays in its text if it ${name}`, () => assert.equal(detachText(text), undefined));
  }

  it('is looked for behind what turned out to be none', () => {
    const text = `{"data":"${'no, '.repeat(500)}","data":7,"metadata":{"data":null},"url":"${toDataUri(IMAGE)}"}`;
    const detached = detachText(text)!;
    assert.equal(detached.attachments.length, 1);
    assert.equal(join(detached), text);
  });
});
