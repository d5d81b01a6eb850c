import type { KeptList } from '../../core/probe/judge-lists.ts';
import type { Run } from '../../core/queue/queue-store.ts';
import type { LinkId } from '../../../shared/model/ids.ts';
import { openForReading } from './connection.ts';
import { readListsBetween } from './statements/kept-lists.ts';
import { readDeliveries } from './statements/listings.ts';

/** Lists looked at of one run: more say nothing new. */
export const MOST_LISTS = 200;

/** What the lists of one ended run were, beside a running agent or without one. Empty ones are not kept. */
export function keptLists(
  file: string,
  link: LinkId,
  { startedAt, endedAt }: Pick<Run, 'startedAt' | 'endedAt'>,
): readonly KeptList[] {
  const db = openForReading(file);
  try {
    const when = { from: startedAt, to: endedAt ?? Number.MAX_SAFE_INTEGER, most: MOST_LISTS };
    return readListsBetween(db, link, when).map(({ id, queue, format, raw, listed_at, closed_at }) => ({
      queue,
      format,
      raw,
      listedAt: listed_at,
      closedAt: closed_at,
      entries: readDeliveries(db, id).map(({ entry }) => ({
        id: entry.id,
        receiptHandle: entry.receiptHandle,
      })),
    }));
  } finally {
    db.close();
  }
}
