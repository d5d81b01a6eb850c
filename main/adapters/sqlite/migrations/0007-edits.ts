import type { Migration } from './migration.ts';

/**
 * What people decided about pulled packets, kept for ever: edits with both bodies, and since when a new link writes what it
 * stores. And indexes by which an item is found by the ids that others know it by.
 */
export const edits: Migration = {
  version: 7,
  name: 'edits',
  sql: `
-- No reference to the item: what was edited is known longer than the item stays here.
CREATE TABLE item_edit (
  id INTEGER PRIMARY KEY AUTOINCREMENT,
  item INTEGER NOT NULL,
  link TEXT NOT NULL,
  queue TEXT NOT NULL CHECK (queue IN ('packet', 'file')),
  packet_id TEXT NOT NULL,
  at INTEGER NOT NULL,
  by TEXT NOT NULL,
  note TEXT NOT NULL,
  revision INTEGER NOT NULL CHECK (revision > 0),
  changes TEXT NOT NULL CHECK (json_valid(changes)),
  more INTEGER NOT NULL CHECK (more >= 0),
  old_place TEXT NOT NULL CHECK (old_place IN ('row', 'spool')),
  old_hash TEXT NOT NULL,
  old_size INTEGER NOT NULL,
  old_row TEXT GENERATED ALWAYS AS (CASE old_place WHEN 'row' THEN old_hash END) STORED REFERENCES body (hash),
  new_place TEXT NOT NULL CHECK (new_place IN ('row', 'spool')),
  new_hash TEXT NOT NULL,
  new_size INTEGER NOT NULL,
  new_row TEXT GENERATED ALWAYS AS (CASE new_place WHEN 'row' THEN new_hash END) STORED REFERENCES body (hash)
) STRICT;
CREATE INDEX item_edit_item ON item_edit (item, id);
CREATE INDEX item_edit_packet ON item_edit (link, queue, packet_id);
CREATE INDEX item_edit_old ON item_edit (old_row) WHERE old_row IS NOT NULL;
CREATE INDEX item_edit_new ON item_edit (new_row) WHERE new_row IS NOT NULL;

CREATE TABLE first_pull (
  link TEXT NOT NULL,
  source TEXT NOT NULL,
  at INTEGER NOT NULL,
  by TEXT NOT NULL,
  PRIMARY KEY (link, source)
) STRICT, WITHOUT ROWID;

CREATE INDEX document_by_row ON document (row_id COLLATE NOCASE) WHERE item IS NOT NULL;
CREATE INDEX document_by_number ON document (number COLLATE NOCASE) WHERE item IS NOT NULL AND number IS NOT NULL;
CREATE INDEX document_by_erp_number ON document (erp_number COLLATE NOCASE)
  WHERE item IS NOT NULL AND erp_number IS NOT NULL;
CREATE INDEX item_by_sync_log ON item (
  (CASE WHEN json_valid(outcome) THEN json_extract(outcome, '$.syncLogId') END) COLLATE NOCASE
) WHERE direction = 'out' AND outcome IS NOT NULL;
`,
};
