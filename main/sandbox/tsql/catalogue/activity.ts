import type { Activity } from '../activity.ts';
import type { System } from '../plan/context.ts';
import { BIT, DATETIME, INT, SMALLINT, SYSNAME, nvarchar } from '../types/sql-type.ts';
import { moment, view } from './view.ts';
import type { SystemViews } from './view.ts';

/** Who may not look into the server sees what goes on in the own session, and nothing else. */
function* seen(system: System): Iterable<Activity> {
  const all = system.access?.mayOnServer('VIEW SERVER STATE') !== false;
  for (const one of system.activity()) if (all || one.id === system.global('SPID')) yield one;
}

/** sys.dm_exec_sessions and sys.dm_exec_requests, from the engine's own table of waits. */
export const ACTIVITY_VIEWS: SystemViews = {
  'sys.dm_exec_sessions': view((_, s) => seen(s), {
    session_id: [SMALLINT, (a) => a.id],
    login_time: [DATETIME, (a) => moment(a.since)],
    login_name: [nvarchar(128), (a) => a.login],
    original_login_name: [nvarchar(128), (a) => a.login],
    status: [nvarchar(30), (a) => (a.request ? 'running' : 'sleeping')],
    is_user_process: [BIT, () => true],
    database_id: [SMALLINT, (a) => a.database.id],
    open_transaction_count: [INT, (a) => a.transactions],
  }),
  'sys.dm_exec_requests': view(
    function* (_, s) {
      for (const a of seen(s)) if (a.request) yield { a, request: a.request };
    },
    {
      session_id: [SMALLINT, ({ a }) => a.id],
      request_id: [INT, () => 0],
      start_time: [DATETIME, ({ request }) => moment(request.started)],
      status: [nvarchar(30), ({ a }) => (a.wait ? 'suspended' : 'running')],
      database_id: [SMALLINT, ({ a }) => a.database.id],
      blocking_session_id: [SMALLINT, ({ a }) => a.wait?.by ?? 0],
      wait_type: [SYSNAME, ({ a }) => a.wait?.type ?? null],
      wait_time: [INT, ({ a }) => a.wait?.milliseconds ?? 0],
      open_transaction_count: [INT, ({ a }) => a.transactions],
    },
  ),
};
