import { createHash } from 'node:crypto';
import type { Handlers, ResultOf } from '../../shared/contract/contract.ts';
import { answer, refuse } from '../../shared/contract/reply.ts';
import type { MobileUserView, SnapshotView } from '../../shared/contract/user-requests.ts';

const MINUTE = 60_000;
const LINK = 'field-sales';

const accepted = (now: number, over: Partial<SnapshotView> = {}): SnapshotView => ({
  item: 31,
  size: 1_482_113,
  rows: 5_214,
  state: 'accepted',
  since: now - 34 * MINUTE,
  consistency: 'snapshot',
  syncLogId: '7f3a90d2-51c4',
  ...over,
});

const user = (name: string, over: Partial<MobileUserView>): MobileUserView => ({
  link: LINK,
  user: name,
  named: true,
  pendingIn: 0,
  parkedIn: 0,
  ...over,
});

/** Users as an agent could tell of them: one of each kind that looks different. */
export function mobileUsers(now: number): readonly MobileUserView[] {
  const order = { item: 1, label: 'Order SO-1042, Corner & Co', at: now - 26 * MINUTE };
  return [
    user('ANNA', {
      accepted: accepted(now),
      unchangedSince: now - 190 * MINUTE,
      lastOrder: order,
      parkedIn: 1,
      waitsFor: {
        owner: 'integrator',
        what: {
          key: 'failure.rejected.what',
          params: { where: 'ORDER row 1', field: 'CUSTOMER', message: 'customer C-7 does not exist' },
        },
        next: { key: 'failure.rejected.next', params: {} },
      },
    }),
    user('BORIS', {
      accepted: accepted(now, { size: 1_391_870, rows: 4_987, since: now - 4 * MINUTE }),
      unchangedSince: now - 4 * MINUTE,
      lastOrder: { item: 2, label: 'Order SO-1043, Bäckerei Süd', at: now - 4 * MINUTE },
    }),
    user('CARLA', {
      accepted: accepted(now, { since: now - 3 * 86_400_000, rows: 5_010 }),
      waitsFor: {
        owner: 'user',
        what: { key: 'reason.pushHeld.pilot.what', params: {} },
        next: { key: 'reason.pushHeld.pilot.next', params: {} },
      },
    }),
    user('DIMO', {
      accepted: accepted(now, { consistency: 'best-effort', since: now - 12 * MINUTE }),
      unchangedSince: now - 12 * MINUTE,
    }),
    user('ELENA', {
      waiting: { ...accepted(now), item: 40, state: 'in-doubt', since: now - 40_000 },
    }),
    user('FILIP', { named: false, accepted: accepted(now, { since: now - 9 * 86_400_000 }) }),
    user('GERDA', {}),
  ];
}

export const PACKET = Buffer.from(
  `<NavMobileSync user="ANNA">${'<table tablename="Item"><r><No>1000</No></r></table>'.repeat(6_000)}</NavMobileSync>`,
);
const HASH = createHash('sha256').update(PACKET).digest('hex');

export const previewOf = (now: number): ResultOf<'preview'> => ({
  link: LINK,
  user: 'ANNA',
  preview: 'p-1',
  at: now,
  tookMs: 840,
  size: PACKET.length,
  hash: HASH,
  consistency: 'snapshot',
  comparedWith: now - 34 * MINUTE,
  same: false,
  hold: {
    owner: 'nobody',
    what: { key: 'reason.pushHeld.interval.what', params: { until: now + 6 * MINUTE } },
    next: { key: 'reason.pushHeld.interval.next', params: {} },
  },
  tables: [
    { table: 'Customer', rows: 212, bytes: 88_100, comparison: 'differs', added: 1, removed: 1, changed: 1 },
    { table: 'Item', rows: 4_210, bytes: 1_101_400, comparison: 'same', added: 0, removed: 0, changed: 0 },
    {
      table: 'ItemPrice',
      rows: 790,
      bytes: 201_000,
      comparison: 'unknown',
      added: 0,
      removed: 0,
      changed: 0,
    },
    { table: 'Promotion', rows: 3, bytes: 700, comparison: 'new', added: 3, removed: 0, changed: 0 },
  ],
  changes: [
    {
      table: 'Customer',
      row: '10007',
      change: 'changed',
      fields: [
        { field: 'Name', before: 'Corner & Co', after: 'Corner & Sons <b>' },
        { field: 'CreditLimit', before: '1500.00', after: '900.00' },
      ],
    },
    { table: 'Customer', row: '10231', change: 'added', fields: [{ field: 'Name', after: 'Bäckerei Süd' }] },
    { table: 'Customer', row: '10012', change: 'removed', fields: [{ field: 'Name', before: 'Old Mill' }] },
  ],
  more: 3,
  cautions: [{ key: 'count.unknownTables', params: { count: 1 } }],
});

/** Answers about these users as the contract says. */
export function userHandlers(now: number): Partial<Handlers> {
  const users = mobileUsers(now);
  const open = (one: MobileUserView): boolean =>
    one.waitsFor !== undefined || one.waiting !== undefined || one.parkedIn > 0;
  return {
    usersList: async ({ text = '', open: only, limit, offset }) => {
      const found = users.filter(
        (one) => one.user.toLowerCase().includes(text.toLowerCase()) && (only !== true || open(one)),
      );
      return answer({ users: found.slice(offset, offset + limit), total: found.length });
    },
    userShow: async ({ user: name }) => {
      const found = users.find((one) => one.user === name);
      if (found === undefined) return refuse('not-found', `nobody names ${name}`);
      return answer({
        user: found,
        tables:
          found.accepted === undefined
            ? []
            : [
                { table: 'CompanyInfo', rows: 1, before: 1 },
                { table: 'Customer', rows: 212, before: 209 },
                { table: 'Item', rows: 4_210, before: 4_216 },
                { table: 'Promotion', rows: 3 },
              ],
        history: [
          ...(found.accepted === undefined ? [] : [found.accepted]),
          accepted(now, { item: 12, since: now - 26 * 3_600_000, rows: 5_190, syncLogId: '5be0c1aa-9f02' }),
        ],
      });
    },
    userPush: async ({ link, user: name }) => answer({ link, user: name, outcome: 'started', run: 8 }),
    preview: async () => answer(previewOf(now)),
    previewBody: async ({ preview, offset, limit }) => {
      if (preview !== 'p-1') return refuse('not-found', 'no such preview');
      const part = PACKET.subarray(offset, offset + limit);
      return answer({
        size: PACKET.length,
        hash: HASH,
        offset,
        base64: part.toString('base64'),
        end: offset + part.length >= PACKET.length,
      });
    },
  };
}
