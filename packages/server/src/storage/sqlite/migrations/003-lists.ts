// Gives each completion a number, `seq`, which stays what it is also where the file is rebuilt, and makes the status a part
// of what lists walk: those of what failed, which is little, need not pass by what did not.

export const sql = `
CREATE TABLE numbered (
  seq               INTEGER PRIMARY KEY,
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
INSERT INTO numbered SELECT rowid, * FROM completions ORDER BY rowid;
CREATE INDEX completions_by_status ON numbered (project, status, id);

CREATE TABLE filters_by_status (
  project TEXT NOT NULL,
  name    TEXT NOT NULL,
  value   TEXT NOT NULL,
  status  TEXT NOT NULL,
  id      TEXT NOT NULL,
  seq     INTEGER NOT NULL,
  PRIMARY KEY (project, name, value, status, id)
) STRICT, WITHOUT ROWID;
INSERT INTO filters_by_status
  SELECT f.project, f.name, f.value, c.status, f.id, c.seq
  FROM filters f JOIN numbered c ON c.project = f.project AND c.id = f.id
  ORDER BY 1, 2, 3, 4, 5;

DROP TABLE completions;
DROP TABLE filters;
ALTER TABLE numbered RENAME TO completions;
ALTER TABLE filters_by_status RENAME TO filters;
`;
