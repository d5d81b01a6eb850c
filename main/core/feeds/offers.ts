import type { CatalogueObject, ColumnType } from '../drift/catalogue.ts';
import { FEED_KINDS, type FeedKind, type FeedOffer } from './feed.ts';

export interface OfferFacts {
  readonly object: CatalogueObject;
  /** Undefined where the table has no key that can be carried, and why. */
  readonly key: { readonly columns: readonly string[] } | { readonly why: string };
  /** As the server names it; `why` where it cannot be used. */
  readonly tracking: { readonly on: true } | { readonly on: false; readonly why: string };
  /** Whether the server bounds row versions of open transactions. */
  readonly bounded: boolean;
  readonly changedAt?: string | undefined;
}

const ROW_VERSION = new Set(['timestamp', 'rowversion']);
export const isRowVersion = ({ name }: ColumnType): boolean => ROW_VERSION.has(name);
const MOMENTS = ['date', 'smalldatetime', 'datetime', 'datetime2'] as const;

/** The type of a column that can hold the moment of a change. */
export const momentType = (object: CatalogueObject, column: string): (typeof MOMENTS)[number] | undefined => {
  const found = object.columns.find(({ name }) => name === column)?.type.name;
  return MOMENTS.find((type) => type === found);
};

export const versionColumn = (object: CatalogueObject): string | undefined =>
  object.columns.find(({ type }) => isRowVersion(type))?.name;

/** What a server said of Change Tracking; `server` is false where it knows nothing of it. */
export interface TrackingRights {
  readonly server: boolean;
  readonly database: boolean;
  readonly table: boolean;
  readonly mayView: boolean;
}

export function trackingOf(rights: TrackingRights): OfferFacts['tracking'] {
  const why = !rights.server
    ? 'This server has no Change Tracking.'
    : !rights.database
      ? 'Change Tracking is off in this database.'
      : !rights.table
        ? 'Change Tracking is off for this table.'
        : !rights.mayView
          ? 'This login may not VIEW CHANGE TRACKING of the table.'
          : undefined;
  return why === undefined ? { on: true } : { on: false, why };
}

/** All kinds, best first. */
export const offersOf = (facts: OfferFacts): readonly FeedOffer[] =>
  FEED_KINDS.map((kind) => offer(kind, facts));

function offer(kind: FeedKind, facts: OfferFacts): FeedOffer {
  const { object, key, tracking, bounded, changedAt } = facts;
  const no = (why: string): FeedOffer => ({ kind, offered: false, why });
  if ('why' in key) return no(key.why);
  switch (kind) {
    case 'change-tracking': {
      if (!tracking.on) return no(tracking.why);
      const primary = object.keys.find((one) => one.primary)?.columns ?? [];
      return primary.length === key.columns.length && primary.every((name) => key.columns.includes(name))
        ? { kind, offered: true }
        : no('Change Tracking names rows by the primary key, and another key is wanted.');
    }
    case 'rowversion': {
      if (versionColumn(object) === undefined) return no('The table has no rowversion column.');
      return bounded
        ? { kind, offered: true, remark: 'Deletions are found by a sweep of the keys.' }
        : {
            kind,
            offered: true,
            remark:
              'The server does not bound open transactions: an overlap is read again. Deletions are found by a sweep of the keys.',
          };
    }
    case 'changed-at': {
      if (changedAt === undefined) return no('No column was named that holds the moment of a change.');
      const column = object.columns.find(({ name }) => name === changedAt);
      if (column === undefined) return no(`The table has no column ${changedAt}.`);
      if (momentType(object, changedAt) === undefined)
        return no(`${changedAt} is no date: ${column.type.name}.`);
      return {
        kind,
        offered: true,
        remark: 'Only as good as the ERP stamps its rows. Deletions are found by a sweep of the keys.',
      };
    }
    case 'full-compare':
      return { kind, offered: true, remark: 'Reads the whole table.' };
    default:
      return kind satisfies never;
  }
}
