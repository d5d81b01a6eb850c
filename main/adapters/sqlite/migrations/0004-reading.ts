import type { Migration } from './migration.ts';

/** Snapshots that were validated while they were read; where the tables of a link stood when all of it was read last. */
export const reading: Migration = {
  version: 4,
  name: 'reading',
  sql: `
CREATE TABLE snapshot_meta_4 (
  item INTEGER PRIMARY KEY REFERENCES item (id) ON DELETE CASCADE,
  user TEXT NOT NULL,
  model_hash TEXT NOT NULL,
  inbound_mark INTEGER NOT NULL,
  consistency TEXT NOT NULL CHECK (consistency IN ('snapshot', 'validated', 'best-effort')),
  rows TEXT NOT NULL CHECK (json_valid(rows))
) STRICT;
INSERT INTO snapshot_meta_4 (item, user, model_hash, inbound_mark, consistency, rows)
  SELECT item, user, model_hash, inbound_mark, consistency, rows FROM snapshot_meta;
DROP TABLE snapshot_meta;
ALTER TABLE snapshot_meta_4 RENAME TO snapshot_meta;

-- contents: hash of each user's packet, by name.
CREATE TABLE whole_read (
  link TEXT NOT NULL PRIMARY KEY,
  print TEXT NOT NULL,
  positions TEXT NOT NULL CHECK (json_valid(positions)),
  contents TEXT NOT NULL CHECK (json_valid(contents)),
  read_at INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
`,
};
