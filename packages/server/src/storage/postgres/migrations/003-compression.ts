// LZ4 takes a fraction of the time of PostgreSQL's own compression. Not every server is built with it. What is already kept
// stays as it is.

export const sql = `
DO $$ BEGIN
  IF EXISTS (SELECT FROM pg_settings WHERE name = 'default_toast_compression' AND 'lz4' = ANY (enumvals)) THEN
    ALTER TABLE completions
      ALTER COLUMN request SET COMPRESSION lz4,
      ALTER COLUMN response SET COMPRESSION lz4;
    ALTER TABLE texts ALTER COLUMN words SET COMPRESSION lz4;
  END IF;
END $$;
`;
