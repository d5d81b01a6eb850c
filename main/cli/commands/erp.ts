import { loadSite } from '../../adapters/config/load-site.ts';
import { ledgerScript } from '../../adapters/erp-mssql/queries/ledger-schema.ts';
import type { Context } from '../command-context.ts';
import { EXIT } from '../exit-codes.ts';

/** Prints what a database administrator runs once; it may be run again. Touches no server. */
export function printScript({ out, dataDir }: Context, erp: string | undefined): number {
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
  const chosen = erps.filter((one) => erp === undefined || one.id === erp);
  if (chosen.length === 0) {
    out.failure({
      code: 'not-found',
      message: `No ERP is called "${erp ?? ''}".`,
      hint: `ERPs: ${erps.map((one) => one.id).join(', ')}`,
    });
    return EXIT.usage;
  }
  const scripts = chosen.map(({ id, database, ledger }) => ({
    erp: id,
    database,
    sql: ledgerScript(ledger.schema),
  }));
  out.document({ scripts });
  for (const { erp: id, database, sql } of scripts) {
    out.line(`-- ERP ${id}: run in database ${database}`);
    out.line(sql);
  }
  return EXIT.fine;
}
