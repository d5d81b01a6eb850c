import { loadSite, type LoadedSite } from '../../adapters/config/load-site.ts';
import { scriptText } from '../../adapters/erp-mssql/grants/script.ts';
import { siteRights } from '../../adapters/erp-mssql/grants/site-rights.ts';
import type { Rights } from '../../adapters/erp-mssql/grants/rights.ts';
import type { ErpSettings } from '../../../shared/model/settings.ts';
import type { Context } from '../command-context.ts';
import { EXIT } from '../exit-codes.ts';

/** Prints what a database administrator reviews and runs; it may be run again. Touches no server. */
export function printScript(context: Context, wanted: string | undefined): number {
  const { out } = context;
  const chosen = chooseErps(context, wanted);
  if (chosen === undefined) return EXIT.usage;
  const scripts = chosen.map(({ erp, rights }) => ({
    erp: erp.id,
    database: erp.database,
    sql: scriptText(erp, rights),
    byHand: rights.byHand,
  }));
  out.document({ scripts });
  for (const { sql } of scripts) for (const line of sql.split('\n')) out.line(line);
  return EXIT.fine;
}

export interface ErpRights {
  readonly erp: ErpSettings;
  /** Of all links of this ERP. */
  readonly rights: Rights;
}

/** The ERPs meant: all, one by its id, or the one of a link. Says what is wrong where that is none. */
export function chooseErps(
  { out, dataDir }: Context,
  wanted: string | undefined,
): readonly ErpRights[] | undefined {
  const site = loadSite(dataDir);
  if (!site.ok) {
    out.failure({
      code: 'configuration',
      message: 'The configuration does not check.',
      hint: 'erp-ferry config check lists every problem.',
    });
    return undefined;
  }
  const { erps, links } = site.value.settings;
  const ofLink = links.find((link) => link.id === wanted)?.erp;
  const chosen = erps.filter(
    ({ id }) =>
      wanted === undefined || id === wanted || (id === ofLink && !erps.some((e) => e.id === wanted)),
  );
  if (chosen.length === 0) {
    out.failure({
      code: 'not-found',
      message: `No ERP and no link is called "${wanted ?? ''}".`,
      hint: `ERPs: ${erps.map((one) => one.id).join(', ')}`,
    });
    return undefined;
  }
  return chosen.map((erp) => ({ erp, rights: rightsOf(site.value, erp) }));
}

const rightsOf = ({ settings, mappings }: LoadedSite, erp: ErpSettings): Rights =>
  siteRights(
    erp,
    settings.links.flatMap((link) => {
      const loaded = mappings.get(link.mapping);
      return link.erp === erp.id && loaded !== undefined ? [{ settings: link, mapping: loaded.mapping }] : [];
    }),
  );
