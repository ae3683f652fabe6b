// `filters` holds what lists can be narrowed by, a row for each value: the model names as `model`, each pair of metadata
// as `metadata.KEY`, and `everything`, which every completion has. A list walks one range of its primary key, already in
// order of id. Neither it nor `completions` has another index, so that the planner, which may know nothing of them yet, has
// no choice. What is looked up or sorted is compared by its bytes. The column `metadata` is a JSON list of pairs; `revision`
// counts its changes.
//
// `idempotency_keys` says which completion answers a repeated request. `idempotency_key` leads there from a completion that
// is deleted; the index finds keys that have expired.

export const sql = `
CREATE TABLE completions (
  project           text COLLATE "C" NOT NULL,
  id                text COLLATE "C" NOT NULL,
  status            text COLLATE "C" NOT NULL,
  requested_model   text NOT NULL,
  model             text NOT NULL,
  upstream          text NOT NULL,
  upstream_id       text,
  request_id        text NOT NULL,
  metadata          text NOT NULL,
  revision          integer NOT NULL DEFAULT 0,
  idempotency_key   text,
  prompt_tokens     bigint,
  completion_tokens bigint,
  cached_tokens     bigint,
  reasoning_tokens  bigint,
  first_byte_ms     bigint,
  total_ms          bigint NOT NULL,
  request_sha256    bytea NOT NULL,
  response_sha256   bytea NOT NULL,
  parameters        bytea NOT NULL,
  response          bytea NOT NULL,
  request           bytea NOT NULL,
  PRIMARY KEY (project, id)
);

CREATE TABLE filters (
  project text COLLATE "C" NOT NULL,
  name    text COLLATE "C" NOT NULL,
  value   text COLLATE "C" NOT NULL,
  status  text COLLATE "C" NOT NULL,
  id      text COLLATE "C" NOT NULL,
  PRIMARY KEY (project, name, value, status, id)
);

CREATE TABLE idempotency_keys (
  project       text COLLATE "C" NOT NULL,
  key           text COLLATE "C" NOT NULL,
  id            text COLLATE "C" NOT NULL,
  expires_at_ms bigint NOT NULL,
  PRIMARY KEY (project, key)
);
CREATE INDEX idempotency_keys_by_expiry ON idempotency_keys (expires_at_ms);
`;
