// `journal` has notes on what is under way, `noters` the processes that write them, and whether they go on. What is to be
// recovered is found by its first note.

export const sql = `
CREATE TABLE journal (
  project       TEXT NOT NULL,
  id            TEXT NOT NULL,
  number        INTEGER NOT NULL,
  noter         TEXT NOT NULL,
  upstream      TEXT NOT NULL,
  first_byte_ms INTEGER,
  total_ms      INTEGER NOT NULL,
  bytes         BLOB NOT NULL,
  PRIMARY KEY (project, id, number)
) STRICT, WITHOUT ROWID;

CREATE INDEX journal_by_noter ON journal (noter, id) WHERE number = 0;

CREATE TABLE noters (
  name TEXT PRIMARY KEY,
  beat INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
`;
