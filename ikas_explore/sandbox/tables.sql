-- What a sandbox keeps. Times are Unix milliseconds.

CREATE TABLE opened (
  times INTEGER NOT NULL  -- how often; a seed gives other ids each time, so that none comes twice
);
INSERT INTO opened VALUES (0);

CREATE TABLE stores (
  name TEXT PRIMARY KEY,
  client_id TEXT NOT NULL UNIQUE,
  client_secret TEXT NOT NULL,
  access_token TEXT NOT NULL,
  merchant_id TEXT NOT NULL,
  authorized_app_id TEXT NOT NULL,
  installed INTEGER NOT NULL DEFAULT 1
);

CREATE TABLE tokens (
  token TEXT PRIMARY KEY,
  kind TEXT NOT NULL CHECK (kind IN ('access', 'refresh', 'code')),
  store TEXT NOT NULL REFERENCES stores,
  expires_at INTEGER  -- null: never
);

-- One row per (app authorisation, scope), so the last to save a scope has it.
CREATE TABLE webhooks (
  number INTEGER PRIMARY KEY,  -- the order of listWebhook
  store TEXT NOT NULL REFERENCES stores,
  scope TEXT NOT NULL,
  id TEXT NOT NULL,
  endpoint TEXT NOT NULL,
  sales_channel_ids TEXT,      -- JSON, as saved; ikas does not give it back
  active INTEGER NOT NULL DEFAULT 1,  -- 0 in older files: ended when its attempts were exhausted
  created_at INTEGER NOT NULL,
  updated_at INTEGER NOT NULL,
  UNIQUE (store, scope)
);

CREATE TABLE events (
  number INTEGER PRIMARY KEY,
  id TEXT NOT NULL UNIQUE,
  store TEXT NOT NULL REFERENCES stores,
  scope TEXT NOT NULL,
  data TEXT NOT NULL,          -- the JSON text that is signed
  sample TEXT NOT NULL,        -- who has seen such data: live, sdk, invented, or own
  created_at INTEGER NOT NULL
);

CREATE TABLE deliveries (
  number INTEGER PRIMARY KEY,
  id TEXT NOT NULL UNIQUE,     -- the id in the payload, the same in every attempt
  event INTEGER NOT NULL REFERENCES events,
  endpoint TEXT NOT NULL,      -- where its next attempt goes, or its last one went
  state TEXT NOT NULL CHECK (state IN ('pending', 'delivered', 'exhausted', 'blocked')),
  reason TEXT,
  created_at INTEGER NOT NULL,
  next_at INTEGER,             -- when the next attempt is due; null: none, or one under way
  finished_at INTEGER
);
CREATE INDEX pending ON deliveries (state) WHERE state = 'pending';

CREATE TABLE attempts (
  delivery INTEGER NOT NULL REFERENCES deliveries,
  number INTEGER NOT NULL,     -- from 1
  started_at INTEGER NOT NULL,
  duration_ms REAL,            -- null while it is under way
  status_code INTEGER,
  error TEXT,
  PRIMARY KEY (delivery, number)
) WITHOUT ROWID;
