// What requests carry in base64, once for each content, and how many completions use it: see ../../attachments.ts. Images do
// not shrink any further. `request_attachments` says where they belong; it is NULL where the text is whole, as those are that
// were kept before.

export const sql = `
ALTER TABLE completions ADD COLUMN request_attachments bytea;

CREATE TABLE attachments (
  project text COLLATE "C" NOT NULL,
  sha256  bytea NOT NULL,
  uses    bigint NOT NULL,
  bytes   bytea NOT NULL,
  PRIMARY KEY (project, sha256)
);
ALTER TABLE attachments ALTER COLUMN bytes SET STORAGE EXTERNAL;
`;
