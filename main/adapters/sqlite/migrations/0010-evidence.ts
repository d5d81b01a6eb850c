import type { Migration } from './migration.ts';

/**
 * Which numbers of documents were here, as ranges with what is missing in them: how another client that takes packets away
 * shows. Packets that were here before count as looked through, so nothing is missing of what was settled long ago.
 */
export const evidence: Migration = {
  version: 10,
  name: 'evidence',
  sql: `
CREATE TABLE evidence_look (
  link TEXT NOT NULL PRIMARY KEY,
  item INTEGER NOT NULL,
  clock INTEGER NOT NULL CHECK (clock >= 0)
) STRICT, WITHOUT ROWID;
INSERT INTO evidence_look SELECT link, max(id), 0 FROM item WHERE direction = 'in' GROUP BY link;

CREATE TABLE seen_series (
  link TEXT NOT NULL,
  user TEXT NOT NULL COLLATE NOCASE,
  entity TEXT NOT NULL,
  kind TEXT NOT NULL,
  prefix TEXT NOT NULL,
  document TEXT NOT NULL,
  width INTEGER NOT NULL,
  base INTEGER NOT NULL,
  top INTEGER NOT NULL CHECK (top >= base),
  top_at INTEGER NOT NULL,
  begun INTEGER NOT NULL,
  aside INTEGER NOT NULL,
  gaps TEXT NOT NULL CHECK (json_valid(gaps)),
  PRIMARY KEY (link, user, entity, kind, prefix)
) STRICT, WITHOUT ROWID;

CREATE TABLE reported_series (
  link TEXT NOT NULL,
  user TEXT NOT NULL COLLATE NOCASE,
  entity TEXT NOT NULL,
  kind TEXT NOT NULL,
  highest INTEGER NOT NULL,
  said_at TEXT NOT NULL,
  at INTEGER NOT NULL,
  seen INTEGER NOT NULL,
  back INTEGER,
  back_at INTEGER,
  CHECK ((back IS NULL) = (back_at IS NULL)),
  PRIMARY KEY (link, user, entity, kind)
) STRICT, WITHOUT ROWID;

CREATE TABLE unread_packet (
  link TEXT NOT NULL,
  packet_id TEXT NOT NULL,
  user TEXT NOT NULL COLLATE NOCASE,
  seen INTEGER NOT NULL,
  PRIMARY KEY (link, packet_id)
) STRICT, WITHOUT ROWID;
`,
};
