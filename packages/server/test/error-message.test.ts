import assert from 'node:assert/strict';
import { describe, it } from 'node:test';

import { readErrorMessage } from '../src/error-message.ts';

describe('the message of a caught value', () => {
  it('is that of the error', () => {
    assert.equal(readErrorMessage(new TypeError('bad')), 'bad');
    assert.equal(readErrorMessage(new AggregateError([new Error('one')], 'both failed')), 'both failed');
  });

  it('is that of each error, if several were thrown as one without a message', () => {
    const errors = [new Error('connect ECONNREFUSED ::1:1'), new Error('connect ECONNREFUSED 127.0.0.1:1')];
    assert.equal(
      readErrorMessage(new AggregateError(errors)),
      'connect ECONNREFUSED ::1:1; connect ECONNREFUSED 127.0.0.1:1',
    );
  });

  it('is the value itself, if it is no error', () => {
    assert.equal(readErrorMessage('bad'), 'bad');
    assert.equal(readErrorMessage(undefined), 'undefined');
  });
});
