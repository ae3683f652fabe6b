// What is deleted and still stands in the index of words, which needs the texts once more to forget them. Until that is done,
// its number is not given to another.

export const sql = `
CREATE TABLE forgotten (
  seq             INTEGER PRIMARY KEY,
  project         TEXT NOT NULL,
  status          TEXT NOT NULL,
  request         BLOB NOT NULL,
  response        BLOB NOT NULL,
  request_sha256  BLOB NOT NULL,
  response_sha256 BLOB NOT NULL
) STRICT;
`;
