import type {
  MobileUser,
  MobileUserStore,
  UserDetail,
  UserPage,
  UserQuery,
} from '../../core/queue/mobile-users.ts';
import type { LinkId } from '../../../shared/model/ids.ts';
import { decodeItem } from './statements/item-row.ts';
import { readBody } from './statements/item-read.ts';
import {
  countOpenOf,
  deleteForgotten,
  findLastOrder,
  findSender,
  findUnsentRow,
  findUser,
  findUsers,
  forgetNames,
  isSpoolBodyNamed,
  readTaken,
  stateSinceOf,
  upsertUser,
} from './statements/mobile-users.ts';
import { findAccepted, findSnapshotMeta } from './statements/snapshots.ts';
import type { ReadContext, WriteContext } from './store-context.ts';

/** Longer than a holiday: who is named again is known again. */
const KEPT_MS = 90 * 24 * 3_600_000;

export const mobileUserReads = ({
  db,
  read,
}: ReadContext): Pick<MobileUserStore, 'acceptedPacket' | 'isExpected'> => ({
  acceptedPacket: (link, user) =>
    read(() => {
      const accepted = findAccepted(db, link, user);
      if (accepted === undefined) return undefined;
      const [taken] = readTaken(db, link, user, 1);
      const bytes = readBody(db, accepted.contentHash);
      return {
        contentHash: accepted.contentHash,
        acceptedAt: accepted.acceptedAt,
        rows: taken?.acceptedAt === accepted.acceptedAt ? taken.rows : undefined,
        list: bytes === undefined ? undefined : Buffer.from(bytes).toString('utf8'),
      };
    }),
  isExpected: (hash) => read(() => isSpoolBodyNamed(db, hash)),
});

export const mobileUserWrites = ({
  db,
  write,
}: WriteContext): Pick<MobileUserStore, 'noteUsers' | 'noteUser'> => ({
  noteUsers: (link, findings, now) =>
    write(() => {
      forgetNames(db, link);
      for (const finding of findings) upsertUser(db, link, finding, now);
      deleteForgotten(db, link, now - KEPT_MS);
    }),
  noteUser: (link, finding, now) =>
    write(() => {
      upsertUser(db, link, finding, now);
    }),
});

/** A page of users, for viewers. */
export const userPage = ({ db, read }: ReadContext, query: UserQuery): UserPage =>
  read(() => {
    const { keys, total } = findUsers(db, query);
    return { users: keys.map(({ link, user }) => userOf(db, link, user)), total };
  });

/** Undefined where nobody ever named him and he never sent anything. */
export const userDetail = (
  { db, read }: ReadContext,
  { link, user }: { readonly link: LinkId; readonly user: string },
): UserDetail | undefined =>
  read(() => {
    const written = findUser(db, link, user)?.user ?? findSender(db, link, user);
    return written === undefined
      ? undefined
      : { user: userOf(db, link, written), history: readTaken(db, link, written) };
  });

function userOf(db: ReadContext['db'], link: LinkId, user: string): MobileUser {
  const known = findUser(db, link, user);
  const [taken] = readTaken(db, link, user, 1);
  const { pending, parked } = countOpenOf(db, link, user);
  return {
    link,
    user,
    named: known?.named ?? false,
    accepted: taken,
    waiting: waitingOf(db, link, user),
    unchangedSince: known?.unchangedSince,
    none: known?.none,
    lastOrder: findLastOrder(db, link, user) ?? known?.lastOrder,
    pendingIn: pending,
    parkedIn: parked,
  };
}

function waitingOf(db: ReadContext['db'], link: LinkId, user: string): MobileUser['waiting'] {
  const row = findUnsentRow(db, link, user);
  if (row === undefined) return undefined;
  const item = decodeItem(row);
  const meta = findSnapshotMeta(db, item.id);
  if (meta === undefined) return undefined;
  return { item, since: stateSinceOf(row), rows: meta.rows, consistency: meta.consistency };
}
