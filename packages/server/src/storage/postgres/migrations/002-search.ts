// `texts` has the words of what was said and where they stand, not the texts themselves. The foreign key sees to it that the
// words go with their completion, also if someone else is indexing it. `unindexed` are those that are still to come.

export const sql = `
CREATE TABLE texts (
  project text COLLATE "C" NOT NULL,
  id      text COLLATE "C" NOT NULL,
  words   tsvector NOT NULL,
  PRIMARY KEY (project, id),
  FOREIGN KEY (project, id) REFERENCES completions ON DELETE CASCADE
);
CREATE INDEX texts_by_words ON texts USING gin (words);

CREATE TABLE unindexed (
  project text COLLATE "C" NOT NULL,
  id      text COLLATE "C" NOT NULL,
  PRIMARY KEY (project, id)
);
INSERT INTO unindexed (project, id) SELECT project, id FROM completions;
`;
