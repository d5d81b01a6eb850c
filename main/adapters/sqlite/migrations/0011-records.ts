import type { Migration } from './migration.ts';

/**
 * Two-way records: what both sides stored at the last agreement, what is dirty, what was about to be written, conflicts and what
 * was decided by itself. A live pair has an id of each side only once.
 */
export const records: Migration = {
  version: 11,
  name: 'records',
  sql: `
CREATE TABLE record_side (
  link TEXT NOT NULL,
  side TEXT NOT NULL CHECK (side IN ('erp', 'cloud')),
  identity TEXT,
  pulse TEXT,
  PRIMARY KEY (link, side)
) STRICT, WITHOUT ROWID;

CREATE TABLE record_confirmed (
  link TEXT NOT NULL PRIMARY KEY,
  by_whom TEXT NOT NULL,
  at INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

CREATE TABLE record_cursor (
  link TEXT NOT NULL,
  entity TEXT NOT NULL,
  side TEXT NOT NULL CHECK (side IN ('erp', 'cloud')),
  cursor TEXT NOT NULL,
  PRIMARY KEY (link, entity, side)
) STRICT, WITHOUT ROWID;

CREATE TABLE record_pair (
  id INTEGER PRIMARY KEY AUTOINCREMENT,
  link TEXT NOT NULL,
  entity TEXT NOT NULL,
  erp_id TEXT,
  cloud_id TEXT,
  state TEXT NOT NULL CHECK (state IN ('active', 'pending', 'frozen', 'unlinked', 'closed')),
  since INTEGER NOT NULL,
  erp_shadow TEXT CHECK (erp_shadow IS NULL OR json_valid(erp_shadow)),
  cloud_shadow TEXT CHECK (cloud_shadow IS NULL OR json_valid(cloud_shadow)),
  hold TEXT CHECK (hold IS NULL OR json_valid(hold)),
  swings TEXT NOT NULL DEFAULT '[]' CHECK (json_valid(swings)),
  CHECK (erp_id IS NOT NULL OR cloud_id IS NOT NULL),
  CHECK (state = 'pending' OR (erp_id IS NOT NULL AND cloud_id IS NOT NULL))
) STRICT;
CREATE UNIQUE INDEX record_pair_erp ON record_pair (link, entity, erp_id) WHERE erp_id IS NOT NULL AND state <> 'closed';
CREATE UNIQUE INDEX record_pair_cloud ON record_pair (link, entity, cloud_id) WHERE cloud_id IS NOT NULL AND state <> 'closed';
CREATE INDEX record_pair_held ON record_pair (link) WHERE hold IS NOT NULL;

CREATE TABLE record_dirty (
  row INTEGER PRIMARY KEY AUTOINCREMENT,
  link TEXT NOT NULL,
  entity TEXT NOT NULL,
  side TEXT NOT NULL CHECK (side IN ('erp', 'cloud')),
  record_id TEXT NOT NULL,
  gone TEXT CHECK (gone IN ('deleted', 'unseen')),
  mark INTEGER NOT NULL,
  since INTEGER NOT NULL,
  hold TEXT CHECK (hold IS NULL OR json_valid(hold)),
  hold_until INTEGER,
  parent_entity TEXT,
  parent_id TEXT,
  UNIQUE (link, entity, side, record_id)
) STRICT;
CREATE INDEX record_dirty_order ON record_dirty (link, entity, row);
CREATE INDEX record_dirty_parent ON record_dirty (link, parent_entity, parent_id) WHERE parent_id IS NOT NULL;

CREATE TABLE record_intent (
  id TEXT NOT NULL PRIMARY KEY,
  link TEXT NOT NULL,
  entity TEXT NOT NULL,
  pair INTEGER NOT NULL REFERENCES record_pair (id),
  side TEXT NOT NULL CHECK (side IN ('erp', 'cloud')),
  kind TEXT NOT NULL CHECK (kind IN ('create', 'update', 'delete')),
  target TEXT,
  from_side TEXT CHECK (from_side IN ('erp', 'cloud')),
  from_id TEXT,
  "values" TEXT NOT NULL CHECK (json_valid("values")),
  expected TEXT NOT NULL CHECK (json_valid(expected)),
  basis TEXT NOT NULL CHECK (json_valid(basis)),
  edit INTEGER NOT NULL DEFAULT 0 CHECK (edit IN (0, 1)),
  created_at INTEGER NOT NULL,
  sequence INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
CREATE UNIQUE INDEX record_intent_sequence ON record_intent (sequence);
CREATE INDEX record_intent_pair ON record_intent (pair);

CREATE TABLE record_conflict (
  id INTEGER PRIMARY KEY AUTOINCREMENT,
  link TEXT NOT NULL,
  entity TEXT NOT NULL,
  pair INTEGER NOT NULL,
  at INTEGER NOT NULL,
  kind TEXT NOT NULL,
  field TEXT,
  state TEXT NOT NULL CHECK (state IN ('decided', 'held', 'resolved')),
  content TEXT NOT NULL CHECK (json_valid(content)),
  winner TEXT CHECK (winner IN ('erp', 'cloud')),
  resolved_by TEXT,
  resolved_at INTEGER,
  used INTEGER NOT NULL DEFAULT 0 CHECK (used IN (0, 1)),
  CHECK ((state = 'resolved') = (resolved_at IS NOT NULL)),
  CHECK (state = 'held' OR winner IS NOT NULL)
) STRICT;
CREATE INDEX record_conflict_pair ON record_conflict (pair, state);
CREATE INDEX record_conflict_link ON record_conflict (link, state, id);

CREATE TABLE record_decision (
  id INTEGER PRIMARY KEY AUTOINCREMENT,
  link TEXT NOT NULL,
  entity TEXT NOT NULL,
  pair INTEGER NOT NULL,
  at INTEGER NOT NULL,
  content TEXT NOT NULL CHECK (json_valid(content)),
  undone_by TEXT,
  undone_at INTEGER
) STRICT;
CREATE INDEX record_decision_link ON record_decision (link, id);
CREATE INDEX record_decision_pair ON record_decision (pair, id);
CREATE INDEX record_decision_at ON record_decision (at);

CREATE TABLE record_missing (
  link TEXT NOT NULL,
  entity TEXT NOT NULL,
  side TEXT NOT NULL CHECK (side IN ('erp', 'cloud')),
  record_id TEXT NOT NULL,
  sweeps INTEGER NOT NULL,
  since INTEGER NOT NULL,
  PRIMARY KEY (link, entity, side, record_id)
) STRICT, WITHOUT ROWID;
`,
};
