// `filters` holds what lists can be narrowed by, a row for each value: the model names as `model`, each pair of metadata
// as `metadata.KEY`. A list with filters walks one range of its primary key, already in order of id. The column `metadata`
// is a JSON list of pairs.

export const sql = `
CREATE TABLE completions (
  project           TEXT NOT NULL,
  id                TEXT NOT NULL,
  status            TEXT NOT NULL,
  requested_model   TEXT NOT NULL,
  model             TEXT NOT NULL,
  upstream          TEXT NOT NULL,
  upstream_id       TEXT,
  request_id        TEXT NOT NULL,
  metadata          TEXT NOT NULL,
  prompt_tokens     INTEGER,
  completion_tokens INTEGER,
  cached_tokens     INTEGER,
  reasoning_tokens  INTEGER,
  first_byte_ms     INTEGER,
  total_ms          INTEGER NOT NULL,
  request_sha256    BLOB NOT NULL,
  response_sha256   BLOB NOT NULL,
  parameters        BLOB NOT NULL,
  response          BLOB NOT NULL,
  request           BLOB NOT NULL,
  UNIQUE (project, id)
) STRICT;

CREATE TABLE filters (
  project TEXT NOT NULL,
  name    TEXT NOT NULL,
  value   TEXT NOT NULL,
  id      TEXT NOT NULL,
  PRIMARY KEY (project, name, value, id)
) STRICT, WITHOUT ROWID;
`;
