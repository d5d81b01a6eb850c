import type { Migration } from './migration.ts';

/** When packets of a link were last compared with a rendering of their own, and how many users are still owed for that day. */
export const segmentAudits: Migration = {
  version: 12,
  name: 'segment-audits',
  sql: `
CREATE TABLE segment_audit (
  link TEXT NOT NULL PRIMARY KEY,
  day INTEGER NOT NULL,
  owed INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
`,
};
