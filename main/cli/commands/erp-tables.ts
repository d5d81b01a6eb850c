import { CatalogueReader } from '../../adapters/erp-mssql/catalogue.ts';
import { readFeedOverview } from '../../adapters/erp-mssql/feeds/feed-overview.ts';
import { columnTypeText, type CatalogueColumn, type CatalogueObject } from '../../core/drift/catalogue.ts';
import type { FeedOffer } from '../../core/feeds/feed.ts';
import type { Context } from '../command-context.ts';
import { EXIT } from '../exit-codes.ts';
import { erpFailed, withErp } from './chosen-erp.ts';

/**
 * Asks one ERP, or the only one, for the tables and views its login sees, and for the best change feed of each. Reads the
 * catalogue and nothing else.
 */
export const listTables = (context: Context, wanted: string | undefined): Promise<number> =>
  withErp(context, wanted, async ({ id, sessions, endpoint }) => {
    const { world, out } = context;
    const reader = new CatalogueReader({ sessions, endpoint });
    const answer = await reader.read({ names: 'tables', selects: [] }, world.ending);
    if (!answer.ok) return erpFailed(context, answer.failure);
    const overview = await readFeedOverview({ sessions, endpoint }, world.ending);
    if (!overview.ok) return erpFailed(context, overview.failure);
    const tables = answer.value.objects.map((object) => ({ object, feeds: overview.value(object) }));
    out.document({ erp: id, tables: tables.map(({ object, feeds }) => ({ ...object, feeds })) });
    out.table(
      ['TABLE', 'COLUMN', 'TYPE', ''],
      tables.flatMap(({ object, feeds }) => rowsOf(object, feeds)),
    );
    return EXIT.fine;
  });

function rowsOf(object: CatalogueObject, feeds: readonly FeedOffer[]): readonly (readonly string[])[] {
  const name = `${object.schema}.${object.name}${object.kind === 'view' ? ' (view)' : ''}`;
  const best = feeds.find((feed) => feed.offered);
  return [
    [name, '', '', best === undefined ? whyNone(feeds) : `feed: ${best.kind}`],
    ...object.columns.map((column) => [
      '',
      column.name,
      columnTypeText(column.type),
      remarks(object, column),
    ]),
  ];
}

/** The last kind needs least: what it lacks, all lack. */
function whyNone(feeds: readonly FeedOffer[]): string {
  const last = feeds.at(-1);
  return `no feed${last?.offered === false ? `: ${last.why}` : ''}`;
}

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
