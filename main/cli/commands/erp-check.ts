import {
  compareRights,
  type Missing,
  type RightsVerdict,
  type Surplus,
} from '../../adapters/erp-mssql/grants/compare-rights.ts';
import { readHeldRights } from '../../adapters/erp-mssql/grants/held-rights.ts';
import { MssqlServer } from '../../adapters/erp-mssql/mssql-connection.ts';
import { erpEndpoint } from '../../adapters/erp-mssql/packet-erp.ts';
import { SqlSessions } from '../../adapters/erp-mssql/sql-sessions.ts';
import { openSecrets } from '../../adapters/secrets/open-secrets.ts';
import { failureView } from '../../../shared/contract/explain-reason.ts';
import { assertNever } from '../../../shared/model/assert-never.ts';
import type { SyncFailure } from '../../../shared/model/failure.ts';
import type { Result } from '../../../shared/model/result.ts';
import { speakerFor, type Context } from '../command-context.ts';
import { EXIT } from '../exit-codes.ts';
import { chooseErps, type ErpRights } from './erp.ts';

/**
 * Signs in as the daily login and compares its rights with those of the script. Reads the catalogue and nothing else.
 * Exit code: 1 where one is missing, 3 where one is too much.
 */
export async function checkRights(context: Context, wanted: string | undefined): Promise<number> {
  const { out } = context;
  const chosen = chooseErps(context, wanted);
  if (chosen === undefined) return EXIT.usage;
  const checked: (RightsVerdict & { readonly erp: string; readonly login: string })[] = [];
  for (const one of chosen) {
    const verdict = await verdictOf(context, one);
    if (!verdict.ok) return failed(context, verdict.failure);
    checked.push({ erp: one.erp.id, ...verdict.value });
  }
  out.document({ erps: checked });
  for (const one of checked) {
    out.line(`ERP ${one.erp}, login ${one.login}`);
    for (const line of words(one)) out.line(`  ${line}`);
  }
  if (checked.some(({ missing }) => missing.length > 0)) return EXIT.failed;
  return checked.some(({ tooMuch }) => tooMuch.length > 0) ? EXIT.parked : EXIT.fine;
}

async function verdictOf(
  { world, dataDir }: Context,
  { erp, rights }: ErpRights,
): Promise<Result<RightsVerdict & { readonly login: string }>> {
  const password = openSecrets(dataDir, { env: world.env, now: () => world.now() }).get(
    `erp.${erp.id}.password`,
  );
  const server = new MssqlServer(erp, () => Promise.resolve(password.ok ? (password.value ?? '') : ''));
  const sessions = new SqlSessions(server, 1);
  try {
    const held = await readHeldRights(sessions, erpEndpoint(erp), world.ending);
    if (!held.ok) return held;
    return {
      ok: true,
      value: { login: held.value.login, ...compareRights(rights.needed, held.value) },
    };
  } finally {
    await sessions.close();
  }
}

function failed({ world, out }: Context, failure: SyncFailure): number {
  const { what, next } = failureView(failure);
  const speaker = speakerFor(world);
  out.failure({ code: failure.kind, message: speaker.say(what), hint: speaker.say(next) });
  return failure.kind === 'rejected' ? EXIT.failed : EXIT.unreachable;
}

function words({ missing, tooMuch }: RightsVerdict): readonly string[] {
  const said: string[] = [];
  for (const one of missing) said.push(`missing: ${missingWords(one)}`);
  for (const one of tooMuch) said.push(`too much: ${surplusWords(one)}`);
  if (missing.length > 0)
    said.push('Next: let a database administrator run the script of erp-ferry erp script.');
  if (tooMuch.length > 0)
    said.push('Next: let a database administrator take back what is too much, then check again.');
  return said.length > 0 ? said : ['has every right the program needs, and no more.'];
}

const columnWords = (columns: readonly string[] | undefined): string =>
  columns === undefined ? '' : `, columns ${columns.join(', ')}`;

const missingWords = ({ on, right, columns, why }: Missing): string =>
  `${right} on ${on.schema}.${on.name}${columnWords(columns)} (${why.join('; ')})`;

function surplusWords(one: Surplus): string {
  switch (one.kind) {
    case 'server-role':
      return `member of the server role ${one.name}`;
    case 'server-right':
      return `${one.name} on the server`;
    case 'database-role':
      return `member of the database role ${one.name}`;
    case 'database-right':
      return `${one.name} on the database`;
    case 'schema-right':
      return `${one.name} on the schema ${one.schema}`;
    case 'object-right':
      return `${one.name} on ${one.on.schema}.${one.on.name}${columnWords(one.columns)}`;
    default:
      return assertNever(one);
  }
}
