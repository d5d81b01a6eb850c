import { randomUUID } from 'node:crypto';
import { loadSite } from '../../adapters/config/load-site.ts';
import { MssqlServer } from '../../adapters/erp-mssql/mssql-connection.ts';
import { erpEndpoint } from '../../adapters/erp-mssql/packet-erp.ts';
import type { SqlServer } from '../../adapters/erp-mssql/sql-connection.ts';
import { SqlSessions } from '../../adapters/erp-mssql/sql-sessions.ts';
import { openSecrets } from '../../adapters/secrets/open-secrets.ts';
import { failureView } from '../../../shared/contract/explain-reason.ts';
import type { Endpoint, SyncFailure } from '../../../shared/model/failure.ts';
import { speakerFor, type Context } from '../command-context.ts';
import { EXIT } from '../exit-codes.ts';

export interface ChosenErp {
  readonly id: string;
  readonly server: SqlServer;
  readonly sessions: SqlSessions;
  readonly endpoint: Endpoint;
  readonly newId: () => string;
}

/** Opens the ERP of that name, or the only one, for a command that needs no agent, and closes it afterwards. */
export async function withErp(
  { world, out, dataDir }: Context,
  wanted: string | undefined,
  use: (erp: ChosenErp) => Promise<number>,
): Promise<number> {
  const site = loadSite(dataDir);
  if (!site.ok) {
    out.failure({
      code: 'configuration',
      message: 'The configuration does not check.',
      hint: 'erp-ferry config check lists every problem.',
    });
    return EXIT.usage;
  }
  const { erps } = site.value.settings;
  const settings =
    wanted === undefined && erps.length === 1 ? erps[0] : erps.find((one) => one.id === wanted);
  if (settings === undefined) {
    out.failure({
      code: 'not-found',
      message: wanted === undefined ? 'Which ERP?' : `No ERP is called "${wanted}".`,
      hint: `ERPs: ${erps.map((one) => one.id).join(', ')}`,
    });
    return EXIT.usage;
  }
  const password = openSecrets(dataDir, { env: world.env, now: () => world.now() }).get(
    `erp.${settings.id}.password`,
  );
  const server = new MssqlServer(settings, () => Promise.resolve(password.ok ? (password.value ?? '') : ''));
  const sessions = new SqlSessions(server, 1);
  try {
    return await use({
      id: settings.id,
      server,
      sessions,
      endpoint: erpEndpoint(settings),
      newId: () => randomUUID(),
    });
  } finally {
    await sessions.close();
  }
}

/** Says why the ERP did not answer as asked, and gives the exit code for it. */
export function erpFailed({ world, out }: Context, failure: SyncFailure): number {
  const { what, next } = failureView(failure);
  const speaker = speakerFor(world);
  out.failure({ code: failure.kind, message: speaker.say(what), hint: speaker.say(next) });
  return failure.kind === 'rejected' || failure.kind === 'cancelled' ? EXIT.failed : EXIT.unreachable;
}
