-- What the lists beside webhooks show.
CREATE TABLE objects (
  number INTEGER PRIMARY KEY,  -- the order of a list that is not sorted
  store TEXT NOT NULL REFERENCES stores,
  kind TEXT NOT NULL CHECK (kind IN ('order', 'customer', 'product', 'stock')),
  id TEXT NOT NULL,
  created_at INTEGER NOT NULL,
  updated_at INTEGER NOT NULL,
  deleted INTEGER NOT NULL,
  body TEXT NOT NULL,          -- JSON, as the list gives it
  UNIQUE (store, kind, id)
);
CREATE INDEX objects_in_order ON objects (store, kind, deleted, number);
CREATE INDEX objects_by_change ON objects (store, kind, updated_at);
