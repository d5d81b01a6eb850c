import type { DeviceSnapshot } from './device-snapshot.ts';

interface Series {
  table: string;
  documentType: string;
  prefix: string;
  current: bigint;
  reported: bigint;
}

/** The document numbers a device gives, from the series that came with its snapshot. */
export interface NumberSeries {
  /** Goes on from the higher of what this device used and what the snapshot says. */
  learn(snapshot: DeviceSnapshot): Readonly<Record<string, string>>;
  /** The next number; throws when the snapshot brought no such series. */
  next(table: string, documentType: string): { series: string; number: string };
  /** Series used further than was last reported; calling it counts as reporting. */
  unreported(): { table: string; documentType: string; current: string }[];
  /** A new device in the user's hands: it knows only what its first snapshot will say. */
  forget(): void;
}

export function numberSeries(): NumberSeries {
  const known = new Map<string, Series>();
  return {
    learn(snapshot) {
      const told: Record<string, string> = {};
      for (const row of snapshot.rows('NumberSeries')) {
        const { TableName: table, DocumentType: documentType, Prefix: prefix, CurrentNo: text } = row;
        if (table === undefined || documentType === undefined || prefix === undefined || text === undefined)
          throw new Error('a row of NumberSeries lacks TableName, DocumentType, Prefix or CurrentNo');
        const key = `${table}/${documentType}`;
        told[key] = text;
        const current = BigInt(text);
        const own = known.get(key);
        if (own === undefined) known.set(key, { table, documentType, prefix, current, reported: current });
        else if (current > own.current) Object.assign(own, { current, reported: current });
      }
      return told;
    },
    next(table, documentType) {
      const series = known.get(`${table}/${documentType}`);
      if (series === undefined) throw new Error(`the snapshot has no number series ${table}/${documentType}`);
      series.current += 1n;
      const digits = String(series.current).padStart(6, '0');
      return { series: `${table}/${documentType}`, number: `${series.prefix}${digits}` };
    },
    unreported() {
      const changed = [...known.values()].filter((series) => series.current > series.reported);
      for (const series of changed) series.reported = series.current;
      return changed.map(({ table, documentType, current }) => ({
        table,
        documentType,
        current: String(current),
      }));
    },
    forget: () => known.clear(),
  };
}
