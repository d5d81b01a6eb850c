import type { Migration } from './migration.ts';

/**
 * Packets that are in the ERP but not taken by it for good, and what is owed to the ERP's side about packets that are not
 * applied.
 *
 * Triggers write down that a notice is owed in the transaction that sets a packet aside or takes it back, whichever way that
 * happens. What it says is read when it is told.
 */
export const handovers: Migration = {
  version: 5,
  name: 'handovers',
  sql: `
ALTER TABLE item ADD COLUMN handed_since INTEGER
  CHECK (handed_since IS NULL OR (direction = 'in' AND state NOT IN ('settled', 'discarded')));
ALTER TABLE item ADD COLUMN handed_until INTEGER CHECK ((handed_until IS NULL) = (handed_since IS NULL));

CREATE INDEX item_handed ON item (link, handed_until) WHERE handed_since IS NOT NULL;
-- What waits for the ERP's word has a time of its own: the oldest of the others is looked for here.
CREATE INDEX item_oldest ON item (link, direction, state, created_at)
  WHERE handed_since IS NULL AND settled_at IS NULL;

CREATE TABLE handed_document (
  item INTEGER NOT NULL REFERENCES item (id) ON DELETE CASCADE,
  entity TEXT NOT NULL,
  document TEXT NOT NULL,
  row_id TEXT NOT NULL,
  PRIMARY KEY (item, document, row_id)
) STRICT, WITHOUT ROWID;
CREATE INDEX handed_document_row ON handed_document (document, row_id);

-- change: rises with each new reason to tell, so that what came up during a telling is told as well.
CREATE TABLE owed_notice (
  link TEXT NOT NULL,
  queue TEXT NOT NULL CHECK (queue IN ('packet', 'file')),
  packet_id TEXT NOT NULL,
  change INTEGER NOT NULL,
  PRIMARY KEY (link, queue, packet_id)
) STRICT, WITHOUT ROWID;

INSERT INTO owed_notice
  SELECT DISTINCT link, queue, external_id, 1 FROM item WHERE direction = 'in' AND state = 'parked';

CREATE TRIGGER owed_notice_stored AFTER INSERT ON item WHEN NEW.direction = 'in' AND NEW.state = 'parked' BEGIN
  INSERT INTO owed_notice (link, queue, packet_id, change) VALUES (NEW.link, NEW.queue, NEW.external_id, 1)
    ON CONFLICT (link, queue, packet_id) DO UPDATE SET change = change + 1;
END;
CREATE TRIGGER owed_notice_changed AFTER UPDATE OF state, reason ON item
WHEN NEW.direction = 'in' AND (NEW.state IN ('parked', 'discarded') OR OLD.state IN ('parked', 'discarded'))
  AND (NEW.state <> OLD.state OR NEW.reason IS NOT OLD.reason)
BEGIN
  INSERT INTO owed_notice (link, queue, packet_id, change) VALUES (NEW.link, NEW.queue, NEW.external_id, 1)
    ON CONFLICT (link, queue, packet_id) DO UPDATE SET change = change + 1;
END;
`,
};
