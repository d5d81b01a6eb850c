import type { PairId } from '../../../../core/records/record-conflicts.ts';
import type { RecordId, Side } from '../../../../core/records/record-store.ts';
import type { LinkId } from '../../../../../shared/model/ids.ts';
import type { Instant } from '../../../../../shared/model/time.ts';
import type { WriteDb } from '../../connection.ts';
import { prepared } from '../../statements/prepared.ts';

export function insertPair(
  db: WriteDb,
  pair: {
    readonly link: LinkId;
    readonly entity: string;
    readonly ids: Readonly<Partial<Record<Side, RecordId | undefined>>>;
    readonly state: string;
  },
  now: Instant,
): PairId {
  return Number(
    prepared(
      db,
      'INSERT INTO record_pair (link, entity, erp_id, cloud_id, state, since) VALUES (?, ?, ?, ?, ?, ?)',
    ).run(pair.link, pair.entity, pair.ids.erp ?? null, pair.ids.cloud ?? null, pair.state, now)
      .lastInsertRowid,
  );
}
