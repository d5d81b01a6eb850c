import type { Migration } from './migration.ts';

/** Warnings people were told of, what each channel still owes of them, and whether the channels work. */
export const alerts: Migration = {
  version: 3,
  name: 'alerts',
  sql: `
CREATE TABLE alert (
  id INTEGER PRIMARY KEY AUTOINCREMENT,
  code TEXT NOT NULL,
  about TEXT NOT NULL,
  raised_at INTEGER NOT NULL,
  ended_at INTEGER,
  acknowledged_at INTEGER,
  detail TEXT NOT NULL CHECK (json_valid(detail))
) STRICT;
-- One root cause is one alert while it lasts.
CREATE UNIQUE INDEX alert_active ON alert (code, about) WHERE ended_at IS NULL;
CREATE INDEX alert_ended ON alert (ended_at) WHERE ended_at IS NOT NULL;

CREATE TABLE alert_delivery (
  id INTEGER PRIMARY KEY AUTOINCREMENT,
  alert INTEGER NOT NULL REFERENCES alert (id) ON DELETE CASCADE,
  channel TEXT NOT NULL CHECK (channel IN ('mail', 'webhook')),
  state TEXT NOT NULL CHECK (state IN ('raised', 'ended')),
  view TEXT NOT NULL CHECK (json_valid(view)),
  created_at INTEGER NOT NULL,
  attempts INTEGER NOT NULL CHECK (attempts >= 0),
  due_at INTEGER NOT NULL,
  outcome TEXT NOT NULL CHECK (outcome IN ('waiting', 'sent', 'given-up', 'dropped')),
  settled_at INTEGER,
  cause TEXT,
  CHECK ((outcome = 'waiting') = (settled_at IS NULL))
) STRICT;
CREATE INDEX alert_delivery_waiting ON alert_delivery (channel, due_at) WHERE outcome = 'waiting';
CREATE INDEX alert_delivery_alert ON alert_delivery (alert);
CREATE INDEX alert_delivery_settled ON alert_delivery (settled_at) WHERE settled_at IS NOT NULL;

CREATE TABLE alert_channel (
  channel TEXT NOT NULL PRIMARY KEY CHECK (channel IN ('mail', 'webhook')),
  last_ok INTEGER,
  failing_since INTEGER,
  cause TEXT,
  CHECK ((failing_since IS NULL) = (cause IS NULL))
) STRICT, WITHOUT ROWID;
`,
};
