import type { Migration } from './migration.ts';

/**
 * Segments of snapshots, and which of them a packet is a list of. Their bytes are in `body` or in the spool, as those of any
 * body; the text of a list is in `body` under its own hash, which is the packet's identity.
 *
 * The last whole read goes: each segment knows where its tables stood.
 */
export const segments: Migration = {
  version: 6,
  name: 'segments',
  sql: `
CREATE TABLE segment_body (
  hash TEXT NOT NULL PRIMARY KEY CHECK (length(hash) = 64 AND hash NOT GLOB '*[^0-9a-f]*'),
  place TEXT NOT NULL CHECK (place IN ('row', 'spool')),
  size INTEGER NOT NULL CHECK (size >= 0 AND (place = 'spool' OR size <= 262144)),
  used_at INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
CREATE INDEX segment_body_used ON segment_body (used_at);

-- positions: where its tables stood before it was read; NULL where that is not known.
-- restless: how often in a row it read differently while its tables stood still.
CREATE TABLE segment (
  key TEXT NOT NULL PRIMARY KEY,
  hash TEXT NOT NULL REFERENCES segment_body (hash) ON DELETE CASCADE,
  rows INTEGER NOT NULL CHECK (rows >= 0),
  positions TEXT CHECK (positions IS NULL OR json_valid(positions)),
  restless INTEGER NOT NULL CHECK (restless >= 0),
  read_at INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
CREATE INDEX segment_hash ON segment (hash);
CREATE INDEX segment_read ON segment (read_at);

CREATE TABLE packet_segment (
  list TEXT NOT NULL,
  hash TEXT NOT NULL,
  PRIMARY KEY (list, hash)
) STRICT, WITHOUT ROWID;
CREATE INDEX packet_segment_hash ON packet_segment (hash);
CREATE INDEX item_body_list ON item (body_hash) WHERE direction = 'out';

DROP TABLE whole_read;
`,
};
