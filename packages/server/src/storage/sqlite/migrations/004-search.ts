// `texts` is the index of what was said: words and where they stand, not the texts themselves. `scope` is one word for
// the project and the status. Its rows have the numbers of their completions, which are small and without gaps, so that
// they take little room. Lists are in order of ids: `spans`
// says between which ids the completions of 512 consecutive numbers lie. `unindexed` are those that are still to come.

export const sql = `
CREATE VIRTUAL TABLE texts USING fts5 (
  text, scope,
  content = '', columnsize = 0,
  tokenize = "unicode61 remove_diacritics 2 categories 'L* M* N* Co'"
);
-- What is deleted is taken out of the index at once, not marked.
INSERT INTO texts (texts, rank) VALUES ('secure-delete', 1);

CREATE TABLE spans (
  span     INTEGER PRIMARY KEY,
  first_id TEXT NOT NULL,
  last_id  TEXT NOT NULL
) STRICT;

CREATE TABLE unindexed (
  seq INTEGER PRIMARY KEY
) STRICT;

INSERT INTO unindexed SELECT seq FROM completions;
`;
