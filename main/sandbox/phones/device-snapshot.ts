import { readSnapshot } from '../clouds/dynamics-mobile/snapshot.ts';

export type SnapshotRow = Readonly<Record<string, string>>;

/** What a device holds after a synchronization: rows by table, fields by name, absent ones missing. */
export interface DeviceSnapshot {
  readonly user: string;
  /** In the order in which they came; empty for a table that is not there. */
  rows(table: string): readonly SnapshotRow[];
  tables(): readonly string[];
}

/** Reads a pushed packet the way the device does. Throws when it is none. */
export async function takeSnapshot(source: AsyncIterable<Uint8Array>): Promise<DeviceSnapshot> {
  const tables = new Map<string, SnapshotRow[]>();
  const summary = await readSnapshot(source, {
    row({ table, fields }) {
      let rows = tables.get(table);
      if (rows === undefined) tables.set(table, (rows = []));
      // Without a prototype, so that a field called like one of its members is a field.
      const row = Object.create(null) as Record<string, string>;
      for (const [name, text] of fields) row[name] = text;
      rows.push(row);
    },
  });
  return {
    user: summary.user,
    rows: (table) => tables.get(table) ?? [],
    tables: () => [...tables.keys()],
  };
}
