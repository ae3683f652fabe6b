import assert from 'node:assert/strict';
import { describe, it } from 'node:test';

import { packCalls, unpackCalls, type Call } from '../../../src/storage/sqlite/call-message.ts';

describe('calls in one message', () => {
  it('come out as they went in, each with its own texts', () => {
    // A part of something larger, as small buffers are.
    const pool = Buffer.from('..first.second..');
    const calls: Call[] = [
      { number: 1, method: 'list', args: ['home', { limit: 1 }] },
      {
        number: 2,
        method: 'insert',
        args: [{ id: 'a' }, undefined],
        texts: {
          request: pool.subarray(2, 7),
          response: pool.subarray(0, 0),
          parameters: pool.subarray(0, 2),
        },
      },
      {
        number: 3,
        method: 'recover',
        args: [{ id: 'b' }],
        texts: {
          request: pool.subarray(8, 14),
          response: pool.subarray(7, 8),
          parameters: pool.subarray(0, 1),
        },
      },
    ];
    const message = packCalls(calls);
    assert.equal(message.bytes.buffer.byteLength, 15);
    pool.fill(0);
    const [list, first, second] = unpackCalls(structuredClone(message, { transfer: [message.bytes.buffer] }));
    assert.deepEqual(list, calls[0]);
    const text = (bytes: string) => new TextEncoder().encode(bytes);
    assert.deepEqual(first, {
      number: 2,
      method: 'insert',
      args: [{ id: 'a', request: text('first'), response: text(''), parameters: text('..') }, undefined],
    });
    assert.deepEqual(second, {
      number: 3,
      method: 'recover',
      args: [{ id: 'b', request: text('second'), response: text('.'), parameters: text('.') }],
    });
  });
});
