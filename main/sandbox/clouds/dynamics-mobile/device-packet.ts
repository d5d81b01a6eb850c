/** One row as a device sends it. A row of a table without row keys says `withRowId: false`. */
export interface DeviceRow {
  status: 'insert' | 'update' | 'delete';
  /** In the order of sending; a null field is left out by the caller. */
  fields: readonly (readonly [name: string, text: string])[];
  /** Default true: a row must then bring its own `DMS_ROWID` among the fields. */
  withRowId?: boolean | undefined;
}

export interface DevicePacketContent {
  user: string;
  tables: readonly { name: string; rows: readonly DeviceRow[] }[];
}

const STATE = { insert: '1', update: '2', delete: '3' } as const;

/**
 * A packet in the shape devices send: one line without XML declaration, `tablename` beside `name`, `status` beside a
 * `state` field. Names and values go out as given, unknown ones included. Throws when a row that should have a
 * `DMS_ROWID` has none: a phone that forgets it would be testing the wrong thing.
 */
export function renderDevicePacket(packet: DevicePacketContent): string {
  const out = [`<NavMobileSync salesmancode="${escapeXml(packet.user)}">`];
  for (const table of packet.tables) {
    const name = escapeXml(table.name);
    out.push(`<table tablename="${name}" name="${name}">`);
    for (const row of table.rows) {
      if (row.withRowId !== false && !row.fields.some(([field]) => field === 'DMS_ROWID'))
        throw new Error(`a row of ${table.name} has no DMS_ROWID`);
      out.push(`<r status="${row.status}">`);
      for (const [field, value] of row.fields) out.push(`<${field}>${escapeXml(value)}</${field}>`);
      if (!row.fields.some(([field]) => field === 'state')) out.push(`<state>${STATE[row.status]}</state>`);
      out.push('</r>');
    }
    out.push('</table>');
  }
  out.push('</NavMobileSync>');
  return out.join('');
}

const ENTITY: Record<string, string> = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '"': '&quot;',
  // A parser turns raw ones into blanks or line feeds.
  '\r': '&#13;',
};

export function escapeXml(value: string): string {
  return value.replace(/[&<>"\r]/g, (character) => ENTITY[character] ?? character);
}
