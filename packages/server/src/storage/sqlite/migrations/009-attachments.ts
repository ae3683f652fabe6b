// What requests carry in base64, once for each content, and how many completions use it. The bytes have a table of their
// own, so that to count does not rewrite them. `request_attachments` says where they belong; it is NULL where the text is
// whole, as those are that were kept before.

export const sql = `
ALTER TABLE completions ADD COLUMN request_attachments BLOB;

CREATE TABLE attachments (
  number  INTEGER PRIMARY KEY,
  project TEXT NOT NULL,
  sha256  BLOB NOT NULL,
  uses    INTEGER NOT NULL,
  UNIQUE (project, sha256)
) STRICT;

CREATE TABLE attachment_bytes (
  number INTEGER PRIMARY KEY,
  bytes  BLOB NOT NULL
) STRICT;
`;
