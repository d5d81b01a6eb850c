import { FEED_KINDS } from '../../core/feeds/feed.ts';
import type { Specs } from './spec.ts';
import { duration, oneOf, tableName } from './words.ts';

/** Longer than most transactions; the half of it forgives a clock. */
const OVERLAP_MS = 10 * 60_000;

/** What looks at an ERP or a cloud. */
export const ERP: Specs = {
  'erp script': {
    options: ['check'],
    words: [0, 1],
    make: (w, v) => ({ name: 'erp script', erp: w[0], check: v.check === true }),
  },
  'erp tables': { options: [], words: [0, 1], make: (w) => ({ name: 'erp tables', erp: w[0] }) },
  'erp changes': {
    options: ['erp', 'feed', 'since', 'changed-at', 'overlap', 'clock', 'state', 'confirm-gone'],
    words: [1, 1],
    make: (w, v) => ({
      name: 'erp changes',
      wanted: {
        table: tableName(w[0] ?? ''),
        erp: v.erp,
        feed: oneOf('feed', v.feed, FEED_KINDS),
        since: v.since,
        changedAt: v['changed-at'],
        overlapMs: duration('overlap', v.overlap) ?? OVERLAP_MS,
        clock: oneOf('clock', v.clock, ['local', 'utc']) ?? 'local',
        state: v.state?.at(-1),
        confirmGone: v['confirm-gone'] === true,
      },
    }),
  },
  probe: {
    options: ['user', 'path', 'list'],
    words: [1, 1],
    make: (w, v) => ({ name: 'probe', link: w[0] ?? '', user: v.user, path: v.path, list: v.list === true }),
  },
};
