-- What ikas' blocks need: deliveries that are withheld, and the blocks themselves.
-- SQLite changes no CHECK, so the deliveries get a new table. Those of before keep their order.
CREATE TABLE new_deliveries (
  number INTEGER PRIMARY KEY,
  id TEXT NOT NULL UNIQUE,     -- the id in the payload, the same in every attempt
  event INTEGER NOT NULL REFERENCES events,
  endpoint TEXT NOT NULL,      -- where its next attempt goes, or its last one went
  state TEXT NOT NULL CHECK (state IN ('pending', 'delivered', 'exhausted', 'blocked', 'withheld')),
  reason TEXT,
  created_at INTEGER NOT NULL,
  next_at INTEGER,             -- when the next attempt is due; null: none, or one under way
  finished_at INTEGER
);
INSERT INTO new_deliveries
  SELECT number, id, event, endpoint, state, reason, created_at, next_at, finished_at
  FROM deliveries;
DROP TABLE deliveries;
ALTER TABLE new_deliveries RENAME TO deliveries;
CREATE INDEX pending ON deliveries (state) WHERE state = 'pending';

CREATE TABLE blocks (
  store TEXT NOT NULL REFERENCES stores,
  name TEXT NOT NULL,          -- the limit that was crossed
  until REAL NOT NULL,         -- Unix seconds; infinite: for good
  PRIMARY KEY (store, name)
) WITHOUT ROWID;
