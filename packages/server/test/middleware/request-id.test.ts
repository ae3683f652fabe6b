import assert from 'node:assert/strict';
import { describe, it } from 'node:test';

import { pickRequestId } from '../../src/middleware/request-id.ts';

describe('A request id', () => {
  it("is the caller's own if it can do no harm", () => {
    assert.equal(pickRequestId({ headers: { 'x-request-id': 'a.b:c-1' } }), 'a.b:c-1');
    for (const given of ['', 'a b', 'a\nb', 'x'.repeat(129)]) {
      assert.match(pickRequestId({ headers: { 'x-request-id': given } }), /^req_/, given);
    }
  });

  it('is else a new one each time', () => {
    const ids = Array.from({ length: 1000 }, () => pickRequestId({ headers: {} }));
    assert.equal(new Set(ids).size, ids.length);
    for (const id of ids) assert.match(id, /^req_[0-9a-f]{32}$/);
  });
});
