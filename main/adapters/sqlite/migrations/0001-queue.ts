import type { Migration } from './migration.ts';

/**
 * Items with their bodies, attempts and timelines; lists and deliveries of pulled packets; what stays of archived ones;
 * snapshots; runs and facts.
 *
 * The CHECKs tie each state to the columns it owns, and `item_transition` knows the legal changes of state: a mistake in
 * the program cannot leave a row that means two things. Times are milliseconds since 1970 UTC.
 */
export const queue: Migration = {
  version: 1,
  name: 'queue',
  sql: `
CREATE TABLE body (
  hash TEXT NOT NULL PRIMARY KEY CHECK (length(hash) = 64 AND hash NOT GLOB '*[^0-9a-f]*'),
  bytes BLOB NOT NULL CHECK (length(bytes) <= 262144)
) STRICT;

CREATE TABLE item (
  id INTEGER PRIMARY KEY AUTOINCREMENT,
  link TEXT NOT NULL,
  direction TEXT NOT NULL CHECK (direction IN ('in', 'out')),
  queue TEXT CHECK (queue IN ('packet', 'file')),
  external_id TEXT NOT NULL CHECK (external_id <> ''),
  user TEXT NOT NULL,
  company TEXT NOT NULL,
  label TEXT NOT NULL,
  state TEXT NOT NULL
    CHECK (state IN ('ready', 'working', 'waiting', 'unknown', 'parked', 'settled', 'discarded')),
  state_since INTEGER NOT NULL,
  reason TEXT CHECK (reason IS NULL OR json_valid(reason)),
  waits_what TEXT,
  waits_number TEXT,
  body_place TEXT NOT NULL CHECK (body_place IN ('row', 'spool')),
  body_hash TEXT NOT NULL CHECK (length(body_hash) = 64 AND body_hash NOT GLOB '*[^0-9a-f]*'),
  body_size INTEGER NOT NULL CHECK (body_size >= 0 AND (body_place = 'spool' OR body_size <= 262144)),
  body_row TEXT GENERATED ALWAYS AS (CASE body_place WHEN 'row' THEN body_hash END) STORED REFERENCES body (hash),
  created_at INTEGER NOT NULL,
  due_at INTEGER NOT NULL,
  attempts INTEGER NOT NULL DEFAULT 0 CHECK (attempts >= 0),
  unclean_exits INTEGER NOT NULL DEFAULT 0 CHECK (unclean_exits >= 0),
  revision INTEGER NOT NULL DEFAULT 0 CHECK (revision >= 0),
  in_doubt INTEGER NOT NULL DEFAULT 0 CHECK (in_doubt IN (0, 1)),
  claimed_by TEXT,
  settled_at INTEGER,
  outcome TEXT,
  CHECK ((direction = 'in') = (queue IS NOT NULL)),
  CHECK ((state = 'working') = (claimed_by IS NOT NULL)),
  CHECK ((state IN ('settled', 'discarded')) = (settled_at IS NOT NULL)),
  CHECK (state NOT IN ('parked', 'unknown', 'waiting') OR reason IS NOT NULL),
  CHECK (state <> 'settled' OR (reason IS NULL AND outcome IS NOT NULL)),
  CHECK (state = 'settled' OR outcome IS NULL),
  CHECK (state IN ('waiting', 'parked') OR (waits_what IS NULL AND waits_number IS NULL))
) STRICT;

CREATE UNIQUE INDEX item_in_identity ON item (link, queue, external_id, body_hash) WHERE direction = 'in';
CREATE UNIQUE INDEX item_out_unsent ON item (link, user)
  WHERE direction = 'out' AND state NOT IN ('settled', 'discarded');
CREATE INDEX item_due ON item (link, direction, due_at, id) WHERE state IN ('ready', 'waiting', 'unknown');
CREATE INDEX item_clock ON item (link, direction, state_since) WHERE state IN ('ready', 'waiting', 'unknown');
CREATE INDEX item_open ON item (link, direction, state, created_at) WHERE state NOT IN ('settled', 'discarded');
CREATE INDEX item_open_user ON item (link, user COLLATE NOCASE)
  WHERE direction = 'in' AND state NOT IN ('settled', 'discarded');
CREATE INDEX item_waits ON item (link, waits_what, waits_number) WHERE waits_what IS NOT NULL;
CREATE INDEX item_ended ON item (link, settled_at) WHERE settled_at IS NOT NULL;
CREATE INDEX item_ended_at ON item (settled_at) WHERE settled_at IS NOT NULL;
CREATE INDEX item_by_link ON item (link, id);
CREATE INDEX item_by_user ON item (user COLLATE NOCASE, id);
CREATE INDEX item_by_state ON item (state, id);
CREATE INDEX item_body_row ON item (body_row) WHERE body_row IS NOT NULL;

CREATE TRIGGER item_transition BEFORE UPDATE OF state ON item
WHEN NEW.state <> OLD.state AND NOT CASE OLD.state
  WHEN 'ready' THEN NEW.state IN ('working', 'parked', 'discarded')
  WHEN 'waiting' THEN NEW.state IN ('working', 'ready', 'parked', 'discarded')
  WHEN 'unknown' THEN NEW.state IN ('working', 'ready', 'parked', 'discarded')
  WHEN 'working' THEN NEW.state IN ('settled', 'ready', 'waiting', 'unknown', 'parked', 'discarded')
  WHEN 'parked' THEN NEW.state IN ('ready', 'discarded')
  WHEN 'settled' THEN NEW.state = 'ready'
  ELSE 0 END
BEGIN
  SELECT RAISE(ABORT, 'illegal transition of an item');
END;

CREATE VIRTUAL TABLE item_text USING fts5
  (label, external_id, user, content = 'item', content_rowid = 'id', tokenize = 'trigram');
CREATE TRIGGER item_text_insert AFTER INSERT ON item BEGIN
  INSERT INTO item_text (rowid, label, external_id, user) VALUES (NEW.id, NEW.label, NEW.external_id, NEW.user);
END;
CREATE TRIGGER item_text_delete AFTER DELETE ON item BEGIN
  INSERT INTO item_text (item_text, rowid, label, external_id, user)
  VALUES ('delete', OLD.id, OLD.label, OLD.external_id, OLD.user);
END;
CREATE TRIGGER item_text_update AFTER UPDATE OF label ON item WHEN NEW.label <> OLD.label BEGIN
  INSERT INTO item_text (item_text, rowid, label, external_id, user)
  VALUES ('delete', OLD.id, OLD.label, OLD.external_id, OLD.user);
  INSERT INTO item_text (rowid, label, external_id, user) VALUES (NEW.id, NEW.label, NEW.external_id, NEW.user);
END;

CREATE TABLE attempt (
  item INTEGER NOT NULL REFERENCES item (id) ON DELETE CASCADE,
  number INTEGER NOT NULL CHECK (number > 0),
  start_id TEXT NOT NULL,
  started_at INTEGER NOT NULL,
  ended_at INTEGER,
  result TEXT,
  PRIMARY KEY (item, number),
  CHECK ((ended_at IS NULL) = (result IS NULL))
) STRICT, WITHOUT ROWID;

CREATE TABLE item_event (
  id INTEGER PRIMARY KEY,
  item INTEGER NOT NULL REFERENCES item (id) ON DELETE CASCADE,
  at INTEGER NOT NULL,
  event TEXT NOT NULL,
  detail TEXT NOT NULL
) STRICT;
CREATE INDEX item_event_item ON item_event (item, id);

CREATE TABLE listing (
  id INTEGER PRIMARY KEY AUTOINCREMENT,
  link TEXT NOT NULL,
  queue TEXT NOT NULL CHECK (queue IN ('packet', 'file')),
  format TEXT NOT NULL CHECK (format IN ('xml', 'json')),
  raw TEXT NOT NULL,
  listed_at INTEGER NOT NULL,
  closed_at INTEGER
) STRICT;
CREATE INDEX listing_open ON listing (link, id) WHERE closed_at IS NULL;
CREATE INDEX listing_closed ON listing (closed_at) WHERE closed_at IS NOT NULL;

CREATE TABLE delivery (
  listing INTEGER NOT NULL REFERENCES listing (id) ON DELETE CASCADE,
  position INTEGER NOT NULL,
  link TEXT NOT NULL,
  queue TEXT NOT NULL CHECK (queue IN ('packet', 'file')),
  packet_id TEXT NOT NULL,
  receipt_handle TEXT NOT NULL,
  path TEXT NOT NULL,
  user TEXT NOT NULL,
  company TEXT NOT NULL,
  kind TEXT NOT NULL,
  operation TEXT,
  raw TEXT NOT NULL,
  checked INTEGER NOT NULL DEFAULT 0 CHECK (checked IN (0, 1)),
  reported INTEGER NOT NULL DEFAULT 0 CHECK (reported IN (0, 1)),
  PRIMARY KEY (listing, position)
) STRICT, WITHOUT ROWID;
CREATE INDEX delivery_packet ON delivery (link, queue, packet_id, listing);
CREATE INDEX delivery_unreported ON delivery (link, queue, packet_id) WHERE reported = 0;

-- What stays of a pulled packet whose item moved to the archive: enough to know it again.
CREATE TABLE archived_packet (
  item INTEGER PRIMARY KEY,
  link TEXT NOT NULL,
  queue TEXT NOT NULL CHECK (queue IN ('packet', 'file')),
  packet_id TEXT NOT NULL,
  user TEXT NOT NULL,
  company TEXT NOT NULL,
  state TEXT NOT NULL CHECK (state IN ('settled', 'discarded')),
  body_place TEXT NOT NULL CHECK (body_place IN ('row', 'spool')),
  body_hash TEXT NOT NULL CHECK (length(body_hash) = 64 AND body_hash NOT GLOB '*[^0-9a-f]*'),
  body_size INTEGER NOT NULL CHECK (body_size >= 0),
  created_at INTEGER NOT NULL,
  settled_at INTEGER NOT NULL,
  UNIQUE (link, queue, packet_id, body_hash)
) STRICT;
CREATE INDEX archived_packet_settled ON archived_packet (settled_at);

CREATE TABLE inbound_mark (
  link TEXT NOT NULL,
  user TEXT NOT NULL COLLATE NOCASE,
  mark INTEGER NOT NULL CHECK (mark > 0),
  PRIMARY KEY (link, user)
) STRICT, WITHOUT ROWID;

CREATE TABLE document (
  id INTEGER PRIMARY KEY,
  link TEXT NOT NULL,
  document TEXT NOT NULL,
  row_id TEXT NOT NULL,
  number TEXT,
  erp_key TEXT,
  erp_number TEXT,
  item INTEGER REFERENCES item (id) ON DELETE SET NULL,
  at INTEGER NOT NULL,
  UNIQUE (link, document, row_id)
) STRICT;
CREATE INDEX document_number ON document (link, document, number) WHERE number IS NOT NULL;
CREATE INDEX document_item ON document (item);
CREATE INDEX document_at ON document (at);

CREATE TABLE known_ledger (
  id INTEGER PRIMARY KEY AUTOINCREMENT,
  source TEXT NOT NULL,
  packet_id TEXT NOT NULL,
  payload_hash TEXT NOT NULL,
  at INTEGER NOT NULL,
  UNIQUE (source, packet_id)
) STRICT;
CREATE INDEX known_ledger_source ON known_ledger (source, id);

CREATE TABLE snapshot_meta (
  item INTEGER PRIMARY KEY REFERENCES item (id) ON DELETE CASCADE,
  user TEXT NOT NULL,
  model_hash TEXT NOT NULL,
  inbound_mark INTEGER NOT NULL,
  consistency TEXT NOT NULL CHECK (consistency IN ('snapshot', 'best-effort')),
  rows TEXT NOT NULL CHECK (json_valid(rows))
) STRICT;

CREATE TABLE accepted_snapshot (
  link TEXT NOT NULL,
  user TEXT NOT NULL,
  content_hash TEXT NOT NULL,
  model_hash TEXT NOT NULL,
  accepted_at INTEGER NOT NULL,
  sync_log_id TEXT NOT NULL,
  size INTEGER NOT NULL,
  PRIMARY KEY (link, user)
) STRICT, WITHOUT ROWID;

CREATE TABLE run (
  id INTEGER PRIMARY KEY AUTOINCREMENT,
  link TEXT NOT NULL,
  flow TEXT NOT NULL CHECK (flow IN ('push', 'pull')),
  trigger_kind TEXT NOT NULL CHECK (trigger_kind IN ('schedule', 'manual', 'start')),
  start_id TEXT NOT NULL,
  started_at INTEGER NOT NULL,
  ended_at INTEGER,
  outcome TEXT NOT NULL CHECK (outcome IN ('ok', 'attention', 'failed', 'interrupted', 'running')),
  counts TEXT NOT NULL CHECK (json_valid(counts)),
  failure TEXT CHECK (failure IS NULL OR json_valid(failure)),
  CHECK ((outcome = 'running') = (ended_at IS NULL))
) STRICT;
CREATE INDEX run_by_flow ON run (link, flow, id);
CREATE INDEX run_running ON run (start_id) WHERE outcome = 'running';
CREATE INDEX run_ended ON run (ended_at) WHERE ended_at IS NOT NULL;

-- One row: in whose hands the store is, and what is known of its soundness.
CREATE TABLE store_check (
  one INTEGER PRIMARY KEY CHECK (one = 1),
  open_start TEXT,
  sound_at INTEGER NOT NULL,
  owed_since INTEGER,
  findings TEXT CHECK (findings IS NULL OR json_valid(findings)),
  CHECK (findings IS NULL OR owed_since IS NOT NULL)
) STRICT;

CREATE TABLE endpoint_fact (
  endpoint TEXT NOT NULL PRIMARY KEY,
  last_ok INTEGER,
  failing_since INTEGER,
  failure TEXT CHECK (failure IS NULL OR json_valid(failure)),
  CHECK ((failing_since IS NULL) = (failure IS NULL))
) STRICT, WITHOUT ROWID;

CREATE TABLE link_fact (
  link TEXT NOT NULL PRIMARY KEY,
  list_at INTEGER,
  list_entries INTEGER,
  list_full INTEGER CHECK (list_full IN (0, 1)),
  last_settled_in INTEGER,
  CHECK ((list_at IS NULL) = (list_entries IS NULL) AND (list_at IS NULL) = (list_full IS NULL))
) STRICT, WITHOUT ROWID;

CREATE TABLE pause (
  link TEXT NOT NULL PRIMARY KEY,
  paused_by TEXT NOT NULL CHECK (paused_by IN ('person', 'program')),
  since INTEGER NOT NULL,
  until INTEGER,
  reason TEXT NOT NULL,
  failure TEXT CHECK (failure IS NULL OR json_valid(failure))
) STRICT, WITHOUT ROWID;
`,
};
