import { queue } from './0001-queue.ts';
import { counters } from './0002-counters.ts';
import { alerts } from './0003-alerts.ts';
import { reading } from './0004-reading.ts';
import { handovers } from './0005-handovers.ts';
import { segments } from './0006-segments.ts';
import { edits } from './0007-edits.ts';
import { photos } from './0008-photos.ts';
import { mobileUsers } from './0009-mobile-users.ts';
import { evidence } from './0010-evidence.ts';
import { records } from './0011-records.ts';
import { segmentAudits } from './0012-segment-audits.ts';
import type { Migration } from './migration.ts';

/** In order. Append only: a test holds the hash of each. */
export const MIGRATIONS: readonly Migration[] = [
  queue,
  counters,
  alerts,
  reading,
  handovers,
  segments,
  edits,
  photos,
  mobileUsers,
  evidence,
  records,
  segmentAudits,
];
