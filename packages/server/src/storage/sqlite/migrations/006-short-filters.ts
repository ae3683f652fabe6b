// A row of `filters` is short now: a hash stands for the project, the status, the name and the value, and the place of the
// id in time for the id. A list without filters walks the rows of a filter that every completion has.

export const sql = `
CREATE TABLE short_filters (
  filter   BLOB NOT NULL,
  position INTEGER NOT NULL,
  seq      INTEGER NOT NULL,
  PRIMARY KEY (filter, position, seq)
) STRICT, WITHOUT ROWID;
INSERT INTO short_filters
  SELECT filter_key(project, status, name, value), id_position(id), seq FROM filters
  UNION ALL
  SELECT filter_key(project, status, 'everything', ''), id_position(id), seq FROM completions
  ORDER BY 1, 2, 3;

DROP TABLE filters;
DROP INDEX completions_by_status;
ALTER TABLE short_filters RENAME TO filters;
`;
