// `journal` has notes on what is under way, `noters` the processes that write them, and whether they go on. What is to be
// recovered is found by its first note.

export const sql = `
CREATE TABLE journal (
  project       text COLLATE "C" NOT NULL,
  id            text COLLATE "C" NOT NULL,
  number        bigint NOT NULL,
  noter         text COLLATE "C" NOT NULL,
  upstream      text NOT NULL,
  first_byte_ms bigint,
  total_ms      bigint NOT NULL,
  bytes         bytea NOT NULL,
  PRIMARY KEY (project, id, number)
);
CREATE INDEX journal_by_noter ON journal (noter, id) WHERE number = 0;

CREATE TABLE noters (
  name text COLLATE "C" PRIMARY KEY,
  beat bigint NOT NULL
);

DO $$ BEGIN
  IF EXISTS (SELECT FROM pg_settings WHERE name = 'default_toast_compression' AND 'lz4' = ANY (enumvals)) THEN
    ALTER TABLE journal ALTER COLUMN bytes SET COMPRESSION lz4;
  END IF;
END $$;
`;
