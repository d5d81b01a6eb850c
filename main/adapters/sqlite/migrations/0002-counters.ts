import type { Migration } from './migration.ts';

/**
 * Counters kept by triggers, so that status and totals cost the same whatever the size of the queue; the indexes that lists
 * walk; samples of the queue's length.
 *
 * A counter changes in the transaction that changes what it counts, so it is right whenever the store is. Each equals a
 * count over the table at that moment: minutes go with the items settled in them, when those leave for the archive.
 */
export const counters: Migration = {
  version: 2,
  name: 'counters',
  sql: `
CREATE TABLE item_count (
  link TEXT NOT NULL,
  direction TEXT NOT NULL,
  state TEXT NOT NULL,
  n INTEGER NOT NULL,
  PRIMARY KEY (link, direction, state)
) STRICT, WITHOUT ROWID;

-- minute: settled_at / 60000.
CREATE TABLE settled_minute (
  link TEXT NOT NULL,
  minute INTEGER NOT NULL,
  direction TEXT NOT NULL,
  n INTEGER NOT NULL,
  PRIMARY KEY (link, minute, direction)
) STRICT, WITHOUT ROWID;

-- Packets that are stored here and were not reported since they were listed last.
CREATE TABLE unreported_count (link TEXT NOT NULL PRIMARY KEY, n INTEGER NOT NULL) STRICT, WITHOUT ROWID;

-- One row a minute in which an agent ran.
CREATE TABLE queue_sample (
  link TEXT NOT NULL,
  minute INTEGER NOT NULL,
  pending_in INTEGER NOT NULL,
  pending_out INTEGER NOT NULL,
  parked INTEGER NOT NULL,
  PRIMARY KEY (link, minute)
) STRICT, WITHOUT ROWID;

INSERT INTO item_count SELECT link, direction, state, count(*) FROM item GROUP BY link, direction, state;
INSERT INTO settled_minute
  SELECT link, settled_at / 60000, direction, count(*) FROM item
  WHERE state = 'settled' AND settled_at IS NOT NULL GROUP BY 1, 2, 3;
INSERT INTO unreported_count
  SELECT link, count(*) FROM (
    SELECT DISTINCT d.link, d.queue, d.packet_id FROM delivery AS d
    WHERE d.reported = 0
      AND (EXISTS (SELECT 1 FROM item AS i WHERE i.direction = 'in' AND i.link = d.link AND i.queue = d.queue
                     AND i.external_id = d.packet_id)
        OR EXISTS (SELECT 1 FROM archived_packet AS k WHERE k.link = d.link AND k.queue = d.queue
                     AND k.packet_id = d.packet_id)))
  GROUP BY link;

CREATE TRIGGER item_count_insert AFTER INSERT ON item BEGIN
  INSERT INTO item_count (link, direction, state, n) VALUES (NEW.link, NEW.direction, NEW.state, 1)
    ON CONFLICT (link, direction, state) DO UPDATE SET n = n + 1;
END;
CREATE TRIGGER item_count_delete AFTER DELETE ON item BEGIN
  UPDATE item_count SET n = n - 1 WHERE link = OLD.link AND direction = OLD.direction AND state = OLD.state;
END;
CREATE TRIGGER item_count_update AFTER UPDATE OF link, direction, state ON item
WHEN NEW.state <> OLD.state OR NEW.link <> OLD.link OR NEW.direction <> OLD.direction
BEGIN
  UPDATE item_count SET n = n - 1 WHERE link = OLD.link AND direction = OLD.direction AND state = OLD.state;
  INSERT INTO item_count (link, direction, state, n) VALUES (NEW.link, NEW.direction, NEW.state, 1)
    ON CONFLICT (link, direction, state) DO UPDATE SET n = n + 1;
END;

CREATE TRIGGER settled_minute_insert AFTER INSERT ON item
WHEN NEW.state = 'settled' AND NEW.settled_at IS NOT NULL
BEGIN
  INSERT INTO settled_minute (link, minute, direction, n) VALUES (NEW.link, NEW.settled_at / 60000, NEW.direction, 1)
    ON CONFLICT (link, minute, direction) DO UPDATE SET n = n + 1;
END;
CREATE TRIGGER settled_minute_begin AFTER UPDATE OF link, direction, state, settled_at ON item
WHEN NEW.state = 'settled' AND NEW.settled_at IS NOT NULL
BEGIN
  INSERT INTO settled_minute (link, minute, direction, n) VALUES (NEW.link, NEW.settled_at / 60000, NEW.direction, 1)
    ON CONFLICT (link, minute, direction) DO UPDATE SET n = n + 1;
END;
CREATE TRIGGER settled_minute_end AFTER UPDATE OF link, direction, state, settled_at ON item
WHEN OLD.state = 'settled' AND OLD.settled_at IS NOT NULL
BEGIN
  UPDATE settled_minute SET n = n - 1
    WHERE link = OLD.link AND minute = OLD.settled_at / 60000 AND direction = OLD.direction;
  DELETE FROM settled_minute
    WHERE link = OLD.link AND minute = OLD.settled_at / 60000 AND direction = OLD.direction AND n = 0;
END;
CREATE TRIGGER settled_minute_delete AFTER DELETE ON item
WHEN OLD.state = 'settled' AND OLD.settled_at IS NOT NULL
BEGIN
  UPDATE settled_minute SET n = n - 1
    WHERE link = OLD.link AND minute = OLD.settled_at / 60000 AND direction = OLD.direction;
  DELETE FROM settled_minute
    WHERE link = OLD.link AND minute = OLD.settled_at / 60000 AND direction = OLD.direction AND n = 0;
END;

-- A packet counts from the moment it has both an unreported delivery and bytes here, until it loses the last of either. So
-- each of these acts only where the row that came or went is the only one of its kind.
CREATE TRIGGER unreported_listed AFTER INSERT ON delivery
WHEN NEW.reported = 0
  AND NOT EXISTS (SELECT 1 FROM delivery AS d WHERE d.reported = 0 AND d.link = NEW.link AND d.queue = NEW.queue
                    AND d.packet_id = NEW.packet_id AND NOT (d.listing = NEW.listing AND d.position = NEW.position))
  AND (EXISTS (SELECT 1 FROM item AS i WHERE i.direction = 'in' AND i.link = NEW.link AND i.queue = NEW.queue
                 AND i.external_id = NEW.packet_id)
    OR EXISTS (SELECT 1 FROM archived_packet AS k WHERE k.link = NEW.link AND k.queue = NEW.queue
                 AND k.packet_id = NEW.packet_id))
BEGIN
  INSERT INTO unreported_count (link, n) VALUES (NEW.link, 1) ON CONFLICT (link) DO UPDATE SET n = n + 1;
END;
CREATE TRIGGER unreported_reported AFTER UPDATE OF reported ON delivery
WHEN OLD.reported = 0 AND NEW.reported = 1
  AND NOT EXISTS (SELECT 1 FROM delivery AS d WHERE d.reported = 0 AND d.link = OLD.link AND d.queue = OLD.queue
                    AND d.packet_id = OLD.packet_id)
  AND (EXISTS (SELECT 1 FROM item AS i WHERE i.direction = 'in' AND i.link = OLD.link AND i.queue = OLD.queue
                 AND i.external_id = OLD.packet_id)
    OR EXISTS (SELECT 1 FROM archived_packet AS k WHERE k.link = OLD.link AND k.queue = OLD.queue
                 AND k.packet_id = OLD.packet_id))
BEGIN
  UPDATE unreported_count SET n = n - 1 WHERE link = OLD.link;
END;
CREATE TRIGGER unreported_forgotten AFTER DELETE ON delivery
WHEN OLD.reported = 0
  AND NOT EXISTS (SELECT 1 FROM delivery AS d WHERE d.reported = 0 AND d.link = OLD.link AND d.queue = OLD.queue
                    AND d.packet_id = OLD.packet_id)
  AND (EXISTS (SELECT 1 FROM item AS i WHERE i.direction = 'in' AND i.link = OLD.link AND i.queue = OLD.queue
                 AND i.external_id = OLD.packet_id)
    OR EXISTS (SELECT 1 FROM archived_packet AS k WHERE k.link = OLD.link AND k.queue = OLD.queue
                 AND k.packet_id = OLD.packet_id))
BEGIN
  UPDATE unreported_count SET n = n - 1 WHERE link = OLD.link;
END;
CREATE TRIGGER unreported_stored AFTER INSERT ON item
WHEN NEW.direction = 'in'
  AND EXISTS (SELECT 1 FROM delivery AS d WHERE d.reported = 0 AND d.link = NEW.link AND d.queue = NEW.queue
                AND d.packet_id = NEW.external_id)
  AND NOT EXISTS (SELECT 1 FROM item AS i WHERE i.direction = 'in' AND i.link = NEW.link AND i.queue = NEW.queue
                    AND i.external_id = NEW.external_id AND i.id <> NEW.id)
  AND NOT EXISTS (SELECT 1 FROM archived_packet AS k WHERE k.link = NEW.link AND k.queue = NEW.queue
                    AND k.packet_id = NEW.external_id)
BEGIN
  INSERT INTO unreported_count (link, n) VALUES (NEW.link, 1) ON CONFLICT (link) DO UPDATE SET n = n + 1;
END;
CREATE TRIGGER unreported_removed AFTER DELETE ON item
WHEN OLD.direction = 'in'
  AND EXISTS (SELECT 1 FROM delivery AS d WHERE d.reported = 0 AND d.link = OLD.link AND d.queue = OLD.queue
                AND d.packet_id = OLD.external_id)
  AND NOT EXISTS (SELECT 1 FROM item AS i WHERE i.direction = 'in' AND i.link = OLD.link AND i.queue = OLD.queue
                    AND i.external_id = OLD.external_id)
  AND NOT EXISTS (SELECT 1 FROM archived_packet AS k WHERE k.link = OLD.link AND k.queue = OLD.queue
                    AND k.packet_id = OLD.external_id)
BEGIN
  UPDATE unreported_count SET n = n - 1 WHERE link = OLD.link;
END;
-- An archived packet comes while its item is still here and goes after its item is back: with nothing of it in the table,
-- it is the retention that forgets it.
CREATE TRIGGER unreported_archive_forgotten AFTER DELETE ON archived_packet
WHEN EXISTS (SELECT 1 FROM delivery AS d WHERE d.reported = 0 AND d.link = OLD.link AND d.queue = OLD.queue
               AND d.packet_id = OLD.packet_id)
  AND NOT EXISTS (SELECT 1 FROM item AS i WHERE i.direction = 'in' AND i.link = OLD.link AND i.queue = OLD.queue
                    AND i.external_id = OLD.packet_id)
  AND NOT EXISTS (SELECT 1 FROM archived_packet AS k WHERE k.link = OLD.link AND k.queue = OLD.queue
                    AND k.packet_id = OLD.packet_id)
BEGIN
  UPDATE unreported_count SET n = n - 1 WHERE link = OLD.link;
END;

-- Lists walk one of these two in the order they show; the ones they replace served parts of that.
CREATE INDEX item_listed ON item (link, direction, state, created_at);
CREATE INDEX item_listed_user ON item (user COLLATE NOCASE, created_at);
DROP INDEX item_open;
DROP INDEX item_by_link;
DROP INDEX item_by_user;
DROP INDEX item_by_state;
CREATE INDEX item_working ON item (id) WHERE state = 'working';
CREATE INDEX item_spool ON item (body_hash) WHERE body_place = 'spool';
CREATE INDEX run_by_link ON run (link, id);
CREATE INDEX accepted_snapshot_at ON accepted_snapshot (link, accepted_at);
CREATE INDEX document_day ON document (at, link, document);
DROP INDEX document_at;
CREATE INDEX known_ledger_at ON known_ledger (at);
`,
};
