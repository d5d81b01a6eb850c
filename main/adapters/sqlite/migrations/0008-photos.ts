import type { Migration } from './migration.ts';

/** Which photo belongs to what, as packets say: photos come through a queue of their own, before their packet or after it. */
export const photos: Migration = {
  version: 8,
  name: 'photos',
  sql: `
CREATE TABLE photo_owner (
  link TEXT NOT NULL,
  user TEXT NOT NULL COLLATE NOCASE,
  photo TEXT NOT NULL COLLATE NOCASE,
  entity TEXT NOT NULL,
  row_id TEXT NOT NULL,
  packet_id TEXT NOT NULL,
  noted_at INTEGER NOT NULL,
  PRIMARY KEY (link, user, photo)
) STRICT, WITHOUT ROWID;
CREATE INDEX photo_owner_packet ON photo_owner (link, packet_id);
CREATE INDEX photo_owner_noted ON photo_owner (noted_at);
`,
};
