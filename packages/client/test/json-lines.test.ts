import assert from 'node:assert/strict';
import { describe, it } from 'node:test';

import { ColloquyError } from '../src/errors.ts';
import { readLines, writeLines } from '../src/json-lines.ts';
import { Stream } from '../src/stream.ts';

async function* each<T>(items: readonly T[]): AsyncGenerator<T, undefined> {
  yield* items;
  return undefined;
}

function bytes(...pieces: readonly (string | Uint8Array)[]): ReadableStream<Uint8Array> {
  const encoder = new TextEncoder();
  return ReadableStream.from(
    each(pieces.map((piece) => (typeof piece === 'string' ? encoder.encode(piece) : piece))),
  );
}

function iterate(lines: ReadableStream<Uint8Array>): AsyncIterableIterator<unknown> {
  return new Stream(readLines(lines), new AbortController())[Symbol.asyncIterator]();
}

function read(stream: ReadableStream<Uint8Array>): Promise<unknown[]> {
  return Array.fromAsync(iterate(stream));
}

describe('JSON lines', () => {
  it('bring back what was written', async () => {
    const items = [{ a: 'ü\n"' }, [1, 2], null, 'x', 0];
    assert.deepEqual(await read(writeLines(each(items))), items);
  });

  it('may be cut anywhere, inside of a character too', async () => {
    const whole = new TextEncoder().encode('{"a":"ü€🙂"}\r\n\n[1]\n"last"');
    for (let at = 0; at <= whole.length; at += 1) {
      const items = await read(bytes(whole.subarray(0, at), whole.subarray(at)));
      assert.deepEqual(items, [{ a: 'ü€🙂' }, [1], 'last']);
    }
  });

  it('may be none', async () => {
    assert.deepEqual(await read(bytes()), []);
    assert.deepEqual(await read(bytes('\n \n')), []);
  });

  it('may be huge, in many pieces', async () => {
    const pieces = Array.from({ length: 5000 }, () => 'x'.repeat(1000));
    assert.deepEqual(await read(bytes('"', ...pieces, '"\n')), ['x'.repeat(5_000_000)]);
  });

  it('throw at what is not JSON, after what is, and leave the stream', async () => {
    let isLeft = false;
    const stream = new ReadableStream<Uint8Array>({
      start: (controller) => controller.enqueue(new TextEncoder().encode('1\nno\n2\n')),
      cancel: () => void (isLeft = true),
    });
    const lines = iterate(stream);
    assert.deepEqual(await lines.next(), { done: false, value: 1 });
    await assert.rejects(
      lines.next(),
      (error) => error instanceof ColloquyError && /JSON: no/.test(error.message),
    );
    assert.ok(isLeft);
  });

  it('are written as they are asked for, and no more once nobody asks', async () => {
    let given = 0;
    let isLeft = false;
    async function* count(): AsyncGenerator<number, undefined> {
      try {
        for (;;) yield (given += 1);
      } finally {
        isLeft = true;
      }
    }
    const reader = writeLines(count()).getReader();
    await reader.read();
    assert.ok(given <= 2);
    await reader.cancel();
    assert.ok(isLeft);
  });

  it('break where their items do', async () => {
    async function* fail(): AsyncGenerator<number, undefined> {
      yield 1;
      throw new RangeError('mine');
    }
    await assert.rejects(read(writeLines(fail())), { name: 'RangeError', message: 'mine' });
  });
});
