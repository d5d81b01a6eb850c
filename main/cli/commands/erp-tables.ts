import { loadSite } from '../../adapters/config/load-site.ts';
import { CatalogueReader } from '../../adapters/erp-mssql/catalogue.ts';
import { MssqlServer } from '../../adapters/erp-mssql/mssql-connection.ts';
import { erpEndpoint } from '../../adapters/erp-mssql/packet-erp.ts';
import { SqlSessions } from '../../adapters/erp-mssql/sql-sessions.ts';
import { openSecrets } from '../../adapters/secrets/open-secrets.ts';
import { columnTypeText, type CatalogueColumn, type CatalogueObject } from '../../core/drift/catalogue.ts';
import { failureView } from '../../../shared/contract/explain-reason.ts';
import { speakerFor, type Context } from '../command-context.ts';
import { EXIT } from '../exit-codes.ts';

/** Asks one ERP, or the only one, for the tables and views its login sees. Reads the catalogue and nothing else. */
export async function listTables(
  { world, out, dataDir }: Context,
  wanted: string | undefined,
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
  const reader = new CatalogueReader({ sessions, endpoint: erpEndpoint(settings) });
  try {
    const answer = await reader.read({ names: 'tables', selects: [] }, new AbortController().signal);
    if (!answer.ok) {
      const { what, next } = failureView(answer.failure);
      const speaker = speakerFor(world);
      out.failure({ code: answer.failure.kind, message: speaker.say(what), hint: speaker.say(next) });
      return answer.failure.kind === 'rejected' ? EXIT.failed : EXIT.unreachable;
    }
    const { objects } = answer.value;
    out.document({ erp: settings.id, tables: objects });
    out.table(['TABLE', 'COLUMN', 'TYPE', ''], objects.flatMap(rowsOf));
    return EXIT.fine;
  } finally {
    await sessions.close();
  }
}

const rowsOf = (object: CatalogueObject): readonly (readonly string[])[] =>
  object.columns.map((column, index) => [
    index > 0 ? '' : `${object.schema}.${object.name}${object.kind === 'view' ? ' (view)' : ''}`,
    column.name,
    columnTypeText(column.type),
    remarks(object, column),
  ]);

function remarks({ keys }: CatalogueObject, column: CatalogueColumn): string {
  const { nullable, identity, computed, generated, hasDefault, name } = column;
  return [
    keys.some((key) => key.primary && key.columns.includes(name)) ? 'key' : '',
    nullable ? '' : 'not null',
    identity ? 'identity' : '',
    computed ? 'computed' : '',
    generated ? 'filled by the server' : '',
    hasDefault ? 'default' : '',
  ]
    .filter((word) => word !== '')
    .join(', ');
}
