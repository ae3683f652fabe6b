// Which completion answers a repeated request. The indexes find the keys of a completion that is deleted, and those that
// have expired.

export const sql = `
CREATE TABLE idempotency_keys (
  project       TEXT NOT NULL,
  key           TEXT NOT NULL,
  id            TEXT NOT NULL,
  expires_at_ms INTEGER NOT NULL,
  PRIMARY KEY (project, key)
) STRICT, WITHOUT ROWID;

CREATE INDEX idempotency_keys_by_id ON idempotency_keys (project, id);
CREATE INDEX idempotency_keys_by_expiry ON idempotency_keys (expires_at_ms);
`;
