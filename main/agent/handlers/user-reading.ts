import type { Handlers } from '../../../shared/contract/contract.ts';
import { answer, refuse } from '../../../shared/contract/reply.ts';
import { linkId, type LinkId } from '../../../shared/model/ids.ts';
import type { ViewerReads } from '../../core/queue/viewer-reads.ts';
import { unread } from './reading.ts';
import { takenView, userView } from './user-view.ts';

export const noUser = (link: string, user: string): ReturnType<typeof refuse> =>
  refuse(
    'not-found',
    `the link ${link} knows no mobile user "${user}"`,
    'those it knows: erp-ferry users list',
  );

/** The requests that only look at mobile users, for a running site and for one that is at rest. `links`: those that are set up. */
export function userReading(
  reads: ViewerReads,
  links: () => readonly LinkId[],
  signal: AbortSignal,
): Pick<Handlers, 'usersList' | 'userShow'> {
  return {
    usersList: async ({ link, ...query }) => {
      const chosen = link === undefined ? links() : [linkId(link)];
      const found = await reads.users({ ...query, links: chosen }, signal);
      if (!found.ok) return unread(found.failure);
      return answer({ users: found.value.users.map(userView), total: found.value.total });
    },

    userShow: async ({ link, user }) => {
      const found = await reads.user({ link: linkId(link), user }, signal);
      if (!found.ok) return unread(found.failure);
      if (found.value === undefined) return noUser(link, user);
      const { history } = found.value;
      const [last, before] = history;
      return answer({
        user: userView(found.value.user),
        tables: Object.entries(last?.rows ?? {}).map(([table, rows]) => ({
          table,
          rows,
          before: before !== undefined && Object.hasOwn(before.rows, table) ? before.rows[table] : undefined,
        })),
        history: history.map(takenView),
      });
    },
  };
}
