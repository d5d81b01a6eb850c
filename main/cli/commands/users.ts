import type { MobileUserView, SnapshotView } from '../../../shared/contract/user-requests.ts';
import type { Speaker } from '../../../shared/i18n/say.ts';
import type { UserFilters } from '../arguments/command.ts';
import { refused, speakerFor, type Context } from '../command-context.ts';
import { EXIT } from '../exit-codes.ts';
import type { Output } from '../output.ts';
import { withSite } from '../site-access.ts';
import { ownerName } from './status.ts';

export function listUsers(context: Context, filters: UserFilters): Promise<number> {
  const { out, world } = context;
  return withSite(context, async (access) => {
    const reply =
      access.kind === 'agent'
        ? await access.client.call('usersList', filters)
        : await access.site.usersList(filters);
    if (!reply.ok) return refused(out, reply.error);
    out.document(reply.value);
    const { users, total } = reply.value;
    const speaker = speakerFor(world, access.zone);
    if (users.length > 0)
      out.table(
        ['User', 'Link', 'Snapshot', 'Bytes', 'Rows', 'Unchanged since', 'Last order', 'Waits for'],
        users.map((user) => row(user, speaker)),
      );
    out.line(
      users.length === total
        ? `${total} found.`
        : `${users.length} of ${total}; more with --offset and --limit.`,
    );
    return EXIT.fine;
  });
}

const row = (one: MobileUserView, speaker: Speaker): readonly string[] => [
  one.named ? one.user : `${one.user} (not named)`,
  one.link,
  one.accepted === undefined ? '' : speaker.clock(one.accepted.since),
  one.accepted === undefined ? '' : String(one.accepted.size),
  one.accepted === undefined ? '' : String(one.accepted.rows),
  one.unchangedSince === undefined ? '' : speaker.clock(one.unchangedSince),
  one.lastOrder === undefined ? '' : one.lastOrder.label,
  one.waitsFor === undefined ? '' : speaker.say(one.waitsFor.what),
];

export function showUser(
  context: Context,
  { link, user }: { readonly link: string; readonly user: string },
): Promise<number> {
  const { out, world } = context;
  return withSite(context, async (access) => {
    const args = { link, user };
    const reply =
      access.kind === 'agent' ? await access.client.call('userShow', args) : await access.site.userShow(args);
    if (!reply.ok) return refused(out, reply.error);
    out.document(reply.value);
    const speaker = speakerFor(world, access.zone);
    const { user: one, tables, history } = reply.value;
    tell(out, one, speaker);
    if (tables.length > 0) out.line();
    if (tables.length > 0)
      out.table(
        ['Table', 'Rows', 'Before'],
        tables.map(({ table, rows, before }) => [
          table,
          String(rows),
          before === undefined ? '' : String(before),
        ]),
      );
    if (history.length > 0) out.line();
    if (history.length > 0)
      out.table(
        ['Item', 'Accepted', 'Bytes', 'Rows', 'Sync log'],
        history.map((snapshot) => [
          String(snapshot.item),
          speaker.clock(snapshot.since),
          String(snapshot.size),
          String(snapshot.rows),
          snapshot.syncLogId ?? '',
        ]),
      );
    return EXIT.fine;
  });
}

function tell(out: Output, one: MobileUserView, speaker: Speaker): void {
  out.line(`${one.user}, ${one.link}${one.named ? '' : ': the users of the link do not name this one'}`);
  if (one.accepted !== undefined) out.line(`Accepted: ${snapshotWords(one.accepted, speaker)}`);
  if (one.waiting !== undefined) out.line(`Waiting: ${snapshotWords(one.waiting, speaker)}`);
  if (one.unchangedSince !== undefined) out.line(`Unchanged since ${speaker.clock(one.unchangedSince)}`);
  if (one.waitsFor !== undefined) {
    out.line(speaker.say(one.waitsFor.what));
    out.line(`  ${ownerName(one.waitsFor.owner, speaker)}: ${speaker.say(one.waitsFor.next)}`);
  }
  if (one.lastOrder !== undefined)
    out.line(`Last order: ${one.lastOrder.label}, ${speaker.clock(one.lastOrder.at)}`);
  if (one.pendingIn + one.parkedIn > 0)
    out.line(`Own packets: ${one.pendingIn} on the way, ${one.parkedIn} set aside`);
}

const snapshotWords = ({ item, size, rows, state, since }: SnapshotView, speaker: Speaker): string =>
  `item ${item}, ${rows} rows, ${size} bytes, ${state} ${speaker.clock(since)}`;
