import type { Migration } from './migration.ts';

/**
 * Mobile users as the last cycle found them, and what the cloud accepted for each lately: items leave for the archive, and a
 * snapshot that did not change for days must still be known and compared.
 */
export const mobileUsers: Migration = {
  version: 9,
  name: 'mobile-users',
  sql: `
-- none: why the last cycle built nothing. order_*: the newest document of his phone, kept longer than its item.
CREATE TABLE mobile_user (
  link TEXT NOT NULL,
  user TEXT NOT NULL COLLATE NOCASE,
  named INTEGER NOT NULL CHECK (named IN (0, 1)),
  seen_at INTEGER NOT NULL,
  none TEXT CHECK (none IS NULL OR json_valid(none)),
  unchanged_since INTEGER CHECK (unchanged_since IS NULL OR none IS NULL),
  order_item INTEGER,
  order_label TEXT,
  order_at INTEGER,
  PRIMARY KEY (link, user),
  CHECK ((order_item IS NULL) = (order_label IS NULL) AND (order_item IS NULL) = (order_at IS NULL))
) STRICT, WITHOUT ROWID;

CREATE TABLE taken_snapshot (
  item INTEGER PRIMARY KEY,
  link TEXT NOT NULL,
  user TEXT NOT NULL COLLATE NOCASE,
  size INTEGER NOT NULL CHECK (size >= 0),
  rows TEXT NOT NULL CHECK (json_valid(rows)),
  consistency TEXT NOT NULL CHECK (consistency IN ('snapshot', 'validated', 'best-effort')),
  accepted_at INTEGER NOT NULL,
  sync_log_id TEXT NOT NULL
) STRICT;
CREATE INDEX taken_snapshot_user ON taken_snapshot (link, user, accepted_at, item);
CREATE INDEX accepted_snapshot_list ON accepted_snapshot (content_hash);

INSERT INTO mobile_user (link, user, named, seen_at)
  SELECT link, user, 1, max(accepted_at) FROM accepted_snapshot GROUP BY link, user COLLATE NOCASE;
INSERT INTO taken_snapshot (item, link, user, size, rows, consistency, accepted_at, sync_log_id)
  SELECT i.id, i.link, i.user, i.body_size, m.rows, m.consistency, i.settled_at,
    coalesce(CASE WHEN json_valid(i.outcome) THEN json_extract(i.outcome, '$.syncLogId') END, '')
  FROM item AS i JOIN snapshot_meta AS m ON m.item = i.id WHERE i.direction = 'out' AND i.state = 'settled';
`,
};
