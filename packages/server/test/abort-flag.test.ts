import assert from 'node:assert/strict';
import { describe, it } from 'node:test';

import { AbortFlag } from '../src/abort-flag.ts';

describe('An abort flag', () => {
  it('calls its listeners once, in their order, when it is raised', () => {
    const flag = new AbortFlag();
    const calls: string[] = [];
    flag.onAbort(() => calls.push('first'));
    flag.onAbort(() => calls.push('second'));
    assert.equal(flag.aborted, false);
    flag.throwIfAborted();
    flag.abort(new Error('enough'));
    flag.abort(new Error('again'));
    assert.deepEqual(calls, ['first', 'second']);
  });

  it('calls those at once who come later', () => {
    const flag = new AbortFlag();
    flag.abort();
    let isCalled = false;
    flag.onAbort(() => (isCalled = true));
    assert.ok(isCalled);
  });

  it('keeps its first reason, and has one when none is given', () => {
    const flag = new AbortFlag();
    const reason = new Error('enough');
    flag.abort(reason);
    flag.abort(new Error('again'));
    assert.equal(flag.reason, reason);
    assert.throws(() => flag.throwIfAborted(), reason);
    const bare = new AbortFlag();
    bare.abort();
    assert.throws(() => bare.throwIfAborted(), /aborted/);
  });
});
